#include "engine/expr/value.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/type.h"

namespace pistis::expr {
namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

class OwnedList final : public ListValue {
 public:
  explicit OwnedList(std::vector<Value> items) : items_(std::move(items)) {}

  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(items_.size());
  }
  [[nodiscard]] Value At(int64_t index) const override {
    return items_[static_cast<size_t>(index)];
  }

 private:
  std::vector<Value> items_;
};

bool IsNumber(ValueKind kind) {
  return kind == ValueKind::kInt || kind == ValueKind::kUint ||
         kind == ValueKind::kDouble;
}

bool IsKey(ValueKind kind) {
  return kind == ValueKind::kBool || kind == ValueKind::kInt ||
         kind == ValueKind::kUint || kind == ValueKind::kString;
}

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

class OwnedMap final : public MapValue {
 public:
  // Takes entries in the order of KeyLess.
  explicit OwnedMap(std::vector<Value::Entry> entries)
      : entries_(std::move(entries)) {}

  [[nodiscard]] int64_t size() const override {
    return static_cast<int64_t>(entries_.size());
  }
  [[nodiscard]] std::optional<Value> Find(const Value& key) const override {
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
  [[nodiscard]] Value::Entry At(int64_t index) const override {
    return entries_[static_cast<size_t>(index)];
  }

 private:
  std::vector<Value::Entry> entries_;
};

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

std::string ListText(const ListValue& list) {
  std::string text = "[";
  for (int64_t i = 0; i < list.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", list.At(i).DebugText());
  }
  return text + "]";
}

std::string MapText(const MapValue& map) {
  std::string text = "{";
  for (int64_t i = 0; i < map.size(); ++i) {
    const Value::Entry entry = map.At(i);
    absl::StrAppend(&text, i == 0 ? "" : ", ", entry.first.DebugText(), ": ",
                    entry.second.DebugText());
  }
  return text + "}";
}

}  // namespace

absl::string_view KindName(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNull:
      return "null";
    case ValueKind::kBool:
      return "bool";
    case ValueKind::kInt:
      return "int";
    case ValueKind::kUint:
      return "uint";
    case ValueKind::kDouble:
      return "double";
    case ValueKind::kString:
      return "string";
    case ValueKind::kBytes:
      return "bytes";
    case ValueKind::kList:
      return "list";
    case ValueKind::kMap:
      return "map";
    case ValueKind::kObject:
      return "object";
    case ValueKind::kError:
      return "error";
  }
  std::abort();
}

Value Value::Bool(bool value) {
  Value result(ValueKind::kBool);
  result.data_.truth = value;
  return result;
}

Value Value::Int(int64_t value) {
  Value result(ValueKind::kInt);
  result.data_.integer = value;
  return result;
}

Value Value::Uint(uint64_t value) {
  Value result(ValueKind::kUint);
  result.data_.natural = value;
  return result;
}

Value Value::Double(double value) {
  Value result(ValueKind::kDouble);
  result.data_.real = value;
  return result;
}

Value Value::BorrowedText(ValueKind kind, absl::string_view text) {
  Value result(kind);
  result.data_.text = Text{text.data(), text.size()};
  return result;
}

Value Value::OwnedText(ValueKind kind, std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  Value result = BorrowedText(kind, *owner);
  result.owner_ = std::move(owner);
  return result;
}

Value Value::String(std::string text) {
  return OwnedText(ValueKind::kString, std::move(text));
}

Value Value::StringView(absl::string_view text) {
  return BorrowedText(ValueKind::kString, text);
}

Value Value::Bytes(std::string bytes) {
  return OwnedText(ValueKind::kBytes, std::move(bytes));
}

Value Value::BytesView(absl::string_view bytes) {
  return BorrowedText(ValueKind::kBytes, bytes);
}

Value Value::List(std::vector<Value> items) {
  auto owner = std::make_shared<const OwnedList>(std::move(items));
  Value result = ListView(*owner);
  result.owner_ = std::move(owner);
  return result;
}

Value Value::ListView(const ListValue& list) {
  Value result(ValueKind::kList);
  result.data_.list = &list;
  return result;
}

Value Value::Map(std::vector<Entry> entries) {
  for (const Entry& entry : entries) {
    if (!IsKey(entry.first.kind())) return Error(ErrorCode::kInvalidKey);
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return KeyLess(a.first, b.first);
  });
  const auto twin = std::adjacent_find(
      entries.begin(), entries.end(),
      [](const Entry& a, const Entry& b) { return a.first == b.first; });
  if (twin != entries.end()) return Error(ErrorCode::kDuplicateKey);
  auto owner = std::make_shared<const OwnedMap>(std::move(entries));
  Value result = MapView(*owner);
  result.owner_ = std::move(owner);
  return result;
}

Value Value::MapView(const MapValue& map) {
  Value result(ValueKind::kMap);
  result.data_.map = &map;
  return result;
}

Value Value::ObjectView(const ObjectValue& object) {
  Value result(ValueKind::kObject);
  result.data_.object = &object;
  return result;
}

Value Value::Error(ErrorCode code) {
  Value result(ValueKind::kError);
  result.data_.error = ErrorData{code, -1};
  return result;
}

Value Value::Failure(std::string message) {
  Value result = Error(ErrorCode::kFunctionFailed);
  result.owner_ = std::make_shared<const std::string>(std::move(message));
  return result;
}

void Value::Require(ValueKind kind) const {
  if (kind_ != kind) std::abort();
}

bool Value::bool_value() const {
  Require(ValueKind::kBool);
  return data_.truth;
}

int64_t Value::int_value() const {
  Require(ValueKind::kInt);
  return data_.integer;
}

uint64_t Value::uint_value() const {
  Require(ValueKind::kUint);
  return data_.natural;
}

double Value::double_value() const {
  Require(ValueKind::kDouble);
  return data_.real;
}

absl::string_view Value::text() const {
  if (kind_ != ValueKind::kBytes) Require(ValueKind::kString);
  return {data_.text.data, data_.text.size};
}

const ListValue& Value::list() const {
  Require(ValueKind::kList);
  return *data_.list;
}

const MapValue& Value::map() const {
  Require(ValueKind::kMap);
  return *data_.map;
}

const ObjectValue& Value::object() const {
  Require(ValueKind::kObject);
  return *data_.object;
}

ErrorCode Value::error_code() const {
  Require(ValueKind::kError);
  return data_.error.code;
}

int Value::error_node() const {
  Require(ValueKind::kError);
  return data_.error.node;
}

absl::string_view Value::error_message() const {
  Require(ValueKind::kError);
  if (owner_ == nullptr) return "";
  return *static_cast<const std::string*>(owner_.get());
}

Value Value::AtNode(int node) const {
  Value result = *this;
  if (error_node() < 0) result.data_.error.node = node;
  return result;
}

Value Value::Borrowed() const {
  Value result(kind_);
  result.data_ = data_;
  return result;
}

std::string Value::DebugText() const {
  switch (kind_) {
    case ValueKind::kNull:
      return "null";
    case ValueKind::kBool:
      return data_.truth ? "true" : "false";
    case ValueKind::kInt:
      return absl::StrCat(data_.integer);
    case ValueKind::kUint:
      return absl::StrCat(data_.natural, "u");
    case ValueKind::kDouble:
      return absl::StrCat(data_.real);
    case ValueKind::kString:
      return absl::StrCat("\"", absl::Utf8SafeCEscape(text()), "\"");
    case ValueKind::kBytes:
      return absl::StrCat("b\"", absl::CHexEscape(text()), "\"");
    case ValueKind::kList:
      return ListText(list());
    case ValueKind::kMap:
      return MapText(map());
    case ValueKind::kObject:
      return object().type().name;
    case ValueKind::kError:
      return "error";
  }
  std::abort();
}

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
      return a.text() == b.text();
    case ValueKind::kList:
      return ListsEqual(a.list(), b.list());
    case ValueKind::kMap:
      return MapsEqual(a.map(), b.map());
    case ValueKind::kObject:
      return &a.object() == &b.object();
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
  if (a.kind() == ValueKind::kString || a.kind() == ValueKind::kBytes) {
    return a.text().compare(b.text()) <=> 0;
  }
  return std::nullopt;
}

}  // namespace pistis::expr
