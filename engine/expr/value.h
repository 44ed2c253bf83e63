// The values that expressions are made of.
#ifndef PISTIS_ENGINE_EXPR_VALUE_H_
#define PISTIS_ENGINE_EXPR_VALUE_H_

#include <compare>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace pistis::expr {

class ListValue;
class MapValue;
class ObjectValue;

enum class ValueKind : uint8_t {
  kNull,
  kBool,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
  kList,
  kMap,
  kObject,
  kTimestamp,
  kDuration,
  // A type as a value: what `type(1)` gives.
  kType,
  // A value that may be absent: what `optional.of(1)` gives.
  kOptional,
  // What evaluation carries in place of a value that could not be computed.
  // Never the result of Expression::Evaluate, never an argument of a function.
  kError,
};

// The heaviest value there may be, see Value::Weight, and the longest text that
// a function may make of shorter ones, in bytes.
inline constexpr int64_t kMaxWeight = 250'000;
inline constexpr int64_t kMaxTextBytes = 1 << 20;

// Why a value could not be computed.
enum class ErrorCode : uint8_t {
  // The activation has no value for a variable.
  kNoSuchVariable,
  // An object does not hold the field, or a value has no fields at all.
  kNoSuchField,
  // A map does not hold the key.
  kNoSuchKey,
  // A list is shorter than the index, or the index is not a whole number.
  kIndexOutOfRange,
  kDivisionByZero,
  // The result does not fit 64 bits.
  kOverflow,
  // The operator or function does not take values of these kinds.
  kNoSuchOverload,
  // No function has the name. Only without static typing.
  kNoSuchFunction,
  // A map literal names a key twice.
  kDuplicateKey,
  // A key of a map is not bool, int, uint or string.
  kInvalidKey,
  // A time outside the years 1 to 9999, or a duration beyond some 292 years.
  kTimeOutOfRange,
  // A value of more than kMaxWeight.
  kTooLarge,
  // A function refused its arguments; the value carries its message.
  kFunctionFailed,
  // The evaluation took more steps than it may.
  kBudgetSpent,
};

// One immutable value. Copies are cheap: numbers and times are held inline;
// strings, bytes, lists, maps, objects, types and optionals by reference,
// either owned in common with all copies or borrowed, and then their storage
// must outlive every use of the value. Any thread may read a value.
//
// An accessor requires the matching kind; another kind stops the process.
class Value {
 public:
  using Entry = std::pair<Value, Value>;

  // Null.
  Value() = default;

  static Value Bool(bool value);
  static Value Int(int64_t value);
  static Value Uint(uint64_t value);
  static Value Double(double value);

  // Text in UTF-8, and plain bytes. The View forms borrow and never allocate.
  static Value String(std::string text);
  static Value StringView(absl::string_view text);
  static Value Bytes(std::string bytes);
  static Value BytesView(absl::string_view bytes);

  // To the nanosecond; an error value (kTimeOutOfRange) where it does not fit.
  static Value Timestamp(absl::Time time);
  static Value Duration(absl::Duration duration);

  // The type that CEL calls `name`.
  static Value Type(std::string name);
  static Value TypeView(absl::string_view name);

  static Value Optional(Value value);
  // The optional that holds nothing.
  static Value None();

  // List and Map: an error value (kTooLarge) above kMaxWeight.
  static Value List(std::vector<Value> items);
  static Value ListView(const ListValue& list);
  static Value SharedList(std::shared_ptr<const ListValue> list);
  // Also an error value (kInvalidKey, kDuplicateKey) where the keys are not
  // right.
  static Value Map(std::vector<Entry> entries);
  static Value MapView(const MapValue& map);
  static Value ObjectView(const ObjectValue& object);
  static Value SharedObject(std::shared_ptr<const ObjectValue> object);

  static Value Error(ErrorCode code);
  // kFunctionFailed with the reason the function gave.
  static Value Failure(std::string message);

  [[nodiscard]] ValueKind kind() const { return kind_; }
  [[nodiscard]] bool is_error() const { return kind_ == ValueKind::kError; }
  [[nodiscard]] bool is_true() const {
    return kind_ == ValueKind::kBool && data_.truth;
  }

  [[nodiscard]] bool bool_value() const;
  [[nodiscard]] int64_t int_value() const;
  [[nodiscard]] uint64_t uint_value() const;
  [[nodiscard]] double double_value() const;
  // The bytes of a string or of bytes, the name of a type.
  [[nodiscard]] absl::string_view text() const;
  [[nodiscard]] const ListValue& list() const;
  [[nodiscard]] const MapValue& map() const;
  [[nodiscard]] const ObjectValue& object() const;
  [[nodiscard]] absl::Time timestamp() const;
  [[nodiscard]] absl::Duration duration() const;
  // What an optional holds; null where it holds nothing.
  [[nodiscard]] const Value* held() const;

  [[nodiscard]] ErrorCode error_code() const;
  // The node of the program where the error arose, or -1.
  [[nodiscard]] int error_node() const;
  // The message of a Failure; empty for other errors.
  [[nodiscard]] absl::string_view error_message() const;
  // This error as arisen at `node`, unless it knows its node already.
  [[nodiscard]] Value AtNode(int node) const;

  // The same value without a share in the ownership: valid while this one
  // lives, and copied without touching a reference count.
  [[nodiscard]] Value Borrowed() const;

  // What looking at all of the value costs: 1 for each part, and 1 for each 64
  // bytes of text. A part that is in several places counts in each.
  [[nodiscard]] int64_t Weight() const {
    return kind_ == ValueKind::kInt || kind_ == ValueKind::kBool
               ? 1
               : WeightOfParts();
  }

  // The name of the value's type in CEL: "int", "null_type", ...
  [[nodiscard]] absl::string_view TypeName() const;

  // The value as CEL would write it, for traces and test failures.
  [[nodiscard]] std::string DebugText() const;

 private:
  struct Text {
    const char* data;
    size_t size;
  };
  struct Instant {
    int64_t seconds;
    int64_t nanoseconds;
  };
  struct ErrorData {
    ErrorCode code;
    int node;
  };
  union Data {
    bool truth;
    int64_t integer;
    uint64_t natural = 0;
    double real;
    Text text;
    const ListValue* list;
    const MapValue* map;
    const ObjectValue* object;
    const Value* held;
    Instant instant;
    ErrorData error;
  };

  explicit Value(ValueKind kind) : kind_(kind) {}
  static Value OwnedText(ValueKind kind, std::string text);
  static Value BorrowedText(ValueKind kind, absl::string_view text);
  void Require(ValueKind kind) const;
  [[nodiscard]] int64_t WeightOfParts() const;

  ValueKind kind_ = ValueKind::kNull;
  Data data_;
  std::shared_ptr<const void> owner_;
};

// A sequence of values. Implement it over data of one's own to hand that to
// expressions without copying. Implementations are safe to read from any
// thread and do not change during an evaluation.
class ListValue {
 public:
  virtual ~ListValue() = default;
  [[nodiscard]] virtual int64_t size() const = 0;
  // See Value::Weight; without the weight of what the items hold where that is
  // not known.
  [[nodiscard]] virtual int64_t Weight() const { return size() + 1; }
  // The item at `index`, 0 <= index < size().
  [[nodiscard]] virtual Value At(int64_t index) const = 0;
  // Whether an item equals `value`, of a list that need not look at each for
  // that; nothing, whatever the value, of others.
  [[nodiscard]] virtual std::optional<bool> Finds(
      const Value& /*value*/) const {
    return std::nullopt;
  }
};

// Values by key, with the same rules as ListValue.
class MapValue {
 public:
  virtual ~MapValue() = default;
  [[nodiscard]] virtual int64_t size() const = 0;
  // As of a list.
  [[nodiscard]] virtual int64_t Weight() const { return 2 * size() + 1; }
  // The value of the key that equals `key`, numbers of different kinds
  // included; nothing where there is none.
  [[nodiscard]] virtual std::optional<Value> Find(const Value& key) const = 0;
  // Key and value number `index`, 0 <= index < size(), in a stable order.
  [[nodiscard]] virtual Value::Entry At(int64_t index) const = 0;
};

struct ObjectType;

// A value with declared fields, with the same rules as ListValue.
class ObjectValue {
 public:
  virtual ~ObjectValue() = default;
  // The declaration whose fields the slots of Field number.
  [[nodiscard]] virtual const ObjectType& type() const = 0;
  // The field at `slot` of type().fields, of the type declared there; nothing
  // where this object does not have it.
  [[nodiscard]] virtual std::optional<Value> Field(int slot) const = 0;
};

// What every condition does for every line: in the header, to be inlined.

inline Value Value::Bool(bool value) {
  Value result(ValueKind::kBool);
  result.data_.truth = value;
  return result;
}

inline Value Value::Int(int64_t value) {
  Value result(ValueKind::kInt);
  result.data_.integer = value;
  return result;
}

inline Value Value::BorrowedText(ValueKind kind, absl::string_view text) {
  Value result(kind);
  result.data_.text = Text{text.data(), text.size()};
  return result;
}

inline Value Value::StringView(absl::string_view text) {
  return BorrowedText(ValueKind::kString, text);
}

inline Value Value::ListView(const ListValue& list) {
  Value result(ValueKind::kList);
  result.data_.list = &list;
  return result;
}

inline Value Value::ObjectView(const ObjectValue& object) {
  Value result(ValueKind::kObject);
  result.data_.object = &object;
  return result;
}

inline Value Value::Error(ErrorCode code) {
  Value result(ValueKind::kError);
  result.data_.error = ErrorData{code, -1};
  return result;
}

inline void Value::Require(ValueKind kind) const {
  if (kind_ != kind) std::abort();
}

inline bool Value::bool_value() const {
  Require(ValueKind::kBool);
  return data_.truth;
}

inline int64_t Value::int_value() const {
  Require(ValueKind::kInt);
  return data_.integer;
}

inline absl::string_view Value::text() const {
  if (kind_ != ValueKind::kBytes && kind_ != ValueKind::kType) {
    Require(ValueKind::kString);
  }
  return {data_.text.data, data_.text.size};
}

inline const ListValue& Value::list() const {
  Require(ValueKind::kList);
  return *data_.list;
}

inline const ObjectValue& Value::object() const {
  Require(ValueKind::kObject);
  return *data_.object;
}

inline Value Value::Borrowed() const {
  Value result(kind_);
  result.data_ = data_;
  return result;
}

// CEL equality: numbers of different kinds by their worth, lists and maps by
// their parts, optionals by what they hold, objects by identity, other values
// of different kinds never; NaN equals nothing. A comparison with a double is
// one of doubles. Takes time in proportion to the weight of the lighter one.
[[nodiscard]] bool operator==(const Value& a, const Value& b);

// CEL ordering, defined among numbers, among strings, among bytes, among bools,
// among timestamps and among durations; nothing for other pairs, unordered
// where one is NaN.
[[nodiscard]] std::optional<std::partial_ordering> Compare(const Value& a,
                                                           const Value& b);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_VALUE_H_
