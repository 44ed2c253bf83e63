#include <cmath>
#include <compare>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "engine/expr/value.h"

namespace pistis::expr {
namespace {

bool IsNumber(ValueKind kind) {
  return kind == ValueKind::kInt || kind == ValueKind::kUint ||
         kind == ValueKind::kDouble;
}

double AsDouble(const Value& number) {
  if (number.kind() == ValueKind::kInt) {
    return static_cast<double>(number.int_value());
  }
  if (number.kind() == ValueKind::kUint) {
    return static_cast<double>(number.uint_value());
  }
  return number.double_value();
}

std::partial_ordering CompareIntWithUint(int64_t a, uint64_t b) {
  if (a < 0) return std::partial_ordering::less;
  return static_cast<uint64_t>(a) <=> b;
}

std::partial_ordering Reversed(std::partial_ordering order) {
  if (std::is_lt(order)) return std::partial_ordering::greater;
  if (std::is_gt(order)) return std::partial_ordering::less;
  return order;
}

std::partial_ordering CompareNumbers(const Value& a, const Value& b) {
  const bool a_is_int = a.kind() == ValueKind::kInt;
  const bool b_is_int = b.kind() == ValueKind::kInt;
  if (a.kind() == ValueKind::kDouble || b.kind() == ValueKind::kDouble) {
    return AsDouble(a) <=> AsDouble(b);
  }
  if (a_is_int && b_is_int) return a.int_value() <=> b.int_value();
  if (a_is_int) return CompareIntWithUint(a.int_value(), b.uint_value());
  if (b_is_int) {
    return Reversed(CompareIntWithUint(b.int_value(), a.uint_value()));
  }
  return a.uint_value() <=> b.uint_value();
}

bool ListsEqual(const ListValue& a, const ListValue& b) {
  if (a.size() != b.size()) return false;
  for (int64_t i = 0; i < a.size(); ++i) {
    if (!(a.At(i) == b.At(i))) return false;
  }
  return true;
}

bool MapsEqual(const MapValue& a, const MapValue& b) {
  if (a.size() != b.size()) return false;
  for (int64_t i = 0; i < a.size(); ++i) {
    const Value::Entry entry = a.At(i);
    const std::optional<Value> other = b.Find(entry.first);
    if (!other.has_value() || !(entry.second == *other)) return false;
  }
  return true;
}

bool OptionalsEqual(const Value* a, const Value* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return *a == *b;
}

template <typename Time>
std::partial_ordering ByTime(Time a, Time b) {
  if (a < b) return std::partial_ordering::less;
  return a == b ? std::partial_ordering::equivalent
                : std::partial_ordering::greater;
}

}  // namespace

bool operator==(const Value& a, const Value& b) {
  if (IsNumber(a.kind()) && IsNumber(b.kind()))
    return std::is_eq(CompareNumbers(a, b));
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::kNull:
      return true;
    case ValueKind::kBool:
      return a.bool_value() == b.bool_value();
    case ValueKind::kString:
    case ValueKind::kBytes:
    case ValueKind::kType:
      return a.text() == b.text();
    case ValueKind::kList:
      return ListsEqual(a.list(), b.list());
    case ValueKind::kMap:
      return MapsEqual(a.map(), b.map());
    case ValueKind::kObject:
      return &a.object() == &b.object();
    case ValueKind::kTimestamp:
      return a.timestamp() == b.timestamp();
    case ValueKind::kDuration:
      return a.duration() == b.duration();
    case ValueKind::kOptional:
      return OptionalsEqual(a.held(), b.held());
    case ValueKind::kInt:
    case ValueKind::kUint:
    case ValueKind::kDouble:
    case ValueKind::kError:
      return false;
  }
  std::abort();
}

std::optional<std::partial_ordering> Compare(const Value& a, const Value& b) {
  if (IsNumber(a.kind()) && IsNumber(b.kind())) return CompareNumbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  if (a.kind() == ValueKind::kBool) return a.bool_value() <=> b.bool_value();
  if (a.kind() == ValueKind::kTimestamp)
    return ByTime(a.timestamp(), b.timestamp());
  if (a.kind() == ValueKind::kDuration)
    return ByTime(a.duration(), b.duration());
  if (a.kind() == ValueKind::kString || a.kind() == ValueKind::kBytes) {
    return a.text().compare(b.text()) <=> 0;
  }
  return std::nullopt;
}

}  // namespace pistis::expr
