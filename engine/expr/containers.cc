#include "engine/expr/containers.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstddef>
#include <utility>

namespace pistis::expr {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

int KeyRank(ValueKind kind) {
  if (kind == ValueKind::kBool) return 0;
  return kind == ValueKind::kString ? 2 : 1;
}

bool KeyLess(const Value& a, const Value& b) {
  const int rank_a = KeyRank(a.kind());
  const int rank_b = KeyRank(b.kind());
  if (rank_a != rank_b) return rank_a < rank_b;
  const auto order = Compare(a, b);
  return order.has_value() && std::is_lt(*order);
}

// The key that a double stands for, where it is a whole number in range.
std::optional<Value> KeyOfDouble(double number) {
  if (number != std::trunc(number)) return std::nullopt;
  if (number >= -kTwoTo63 && number < kTwoTo63) {
    return Value::Int(static_cast<int64_t>(number));
  }
  if (number >= kTwoTo63 && number < 2 * kTwoTo63) {
    return Value::Uint(static_cast<uint64_t>(number));
  }
  return std::nullopt;
}

}  // namespace

OwnedList::OwnedList(std::vector<Value> items) : items_(std::move(items)) {
  for (const Value& item : items_)
    weight_ += item.Weight();
}

OwnedMap::OwnedMap(std::vector<Value::Entry> entries)
    : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const Value::Entry& a, const Value::Entry& b) {
              return KeyLess(a.first, b.first);
            });
  for (const Value::Entry& entry : entries_)
    weight_ += entry.first.Weight() + entry.second.Weight();
}

bool OwnedMap::has_twins() const {
  return std::adjacent_find(entries_.begin(), entries_.end(),
                            [](const Value::Entry& a, const Value::Entry& b) {
                              return a.first == b.first;
                            }) != entries_.end();
}

std::optional<Value> OwnedMap::Find(const Value& key) const {
  if (key.kind() == ValueKind::kDouble) {
    const auto whole = KeyOfDouble(key.double_value());
    return whole.has_value() ? Find(*whole) : std::nullopt;
  }
  if (!IsKey(key.kind())) return std::nullopt;
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), key,
                       [](const Value::Entry& entry, const Value& wanted) {
                         return KeyLess(entry.first, wanted);
                       });
  if (found == entries_.end() || KeyLess(key, found->first)) {
    return std::nullopt;
  }
  return found->second;
}

bool IsSearchable(const Value& value) {
  return value.kind() == ValueKind::kList &&
         value.list().Finds(Value()).has_value();
}

bool IsKey(ValueKind kind) {
  return kind == ValueKind::kBool || kind == ValueKind::kInt ||
         kind == ValueKind::kUint || kind == ValueKind::kString;
}

}  // namespace pistis::expr
