#include "engine/expr/value.h"

#include <cstdlib>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "engine/base/clock.h"
#include "engine/expr/containers.h"
#include "engine/expr/spelling.h"
#include "engine/expr/type.h"

namespace pistis::expr {
namespace {

constexpr int64_t kBytesPerStep = 64;

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

Value Value::OwnedText(ValueKind kind, std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  Value result = BorrowedText(kind, *owner);
  result.owner_ = std::move(owner);
  return result;
}

Value Value::String(std::string text) {
  return OwnedText(ValueKind::kString, std::move(text));
}

Value Value::Bytes(std::string bytes) {
  return OwnedText(ValueKind::kBytes, std::move(bytes));
}

Value Value::BytesView(absl::string_view bytes) {
  return BorrowedText(ValueKind::kBytes, bytes);
}

Value Value::List(std::vector<Value> items) {
  auto owner = std::make_shared<const OwnedList>(std::move(items));
  if (owner->Weight() > kMaxWeight) return Error(ErrorCode::kTooLarge);
  Value result = ListView(*owner);
  result.owner_ = std::move(owner);
  return result;
}

Value Value::SharedList(std::shared_ptr<const ListValue> list) {
  Value result = ListView(*list);
  result.owner_ = std::move(list);
  return result;
}

Value Value::Map(std::vector<Entry> entries) {
  for (const Entry& entry : entries) {
    if (!IsKey(entry.first.kind())) return Error(ErrorCode::kInvalidKey);
  }
  auto owner = std::make_shared<const OwnedMap>(std::move(entries));
  if (owner->Weight() > kMaxWeight) return Error(ErrorCode::kTooLarge);
  if (owner->has_twins()) return Error(ErrorCode::kDuplicateKey);
  Value result = MapView(*owner);
  result.owner_ = std::move(owner);
  return result;
}

Value Value::MapView(const MapValue& map) {
  Value result(ValueKind::kMap);
  result.data_.map = &map;
  return result;
}

Value Value::SharedObject(std::shared_ptr<const ObjectValue> object) {
  Value result = ObjectView(*object);
  result.owner_ = std::move(object);
  return result;
}

Value Value::Timestamp(absl::Time time) {
  if (!IsCalendarTime(time)) return Error(ErrorCode::kTimeOutOfRange);
  const int64_t seconds = absl::ToUnixSeconds(time);
  Value result(ValueKind::kTimestamp);
  result.data_.instant = Instant{
      seconds, absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))};
  return result;
}

Value Value::Duration(absl::Duration duration) {
  const bool fits =
      duration >= absl::Nanoseconds(std::numeric_limits<int64_t>::min()) &&
      duration <= absl::Nanoseconds(std::numeric_limits<int64_t>::max());
  if (!fits) return Error(ErrorCode::kTimeOutOfRange);
  Value result(ValueKind::kDuration);
  result.data_.integer = absl::ToInt64Nanoseconds(duration);
  return result;
}

Value Value::Type(std::string name) {
  return OwnedText(ValueKind::kType, std::move(name));
}

Value Value::TypeView(absl::string_view name) {
  return BorrowedText(ValueKind::kType, name);
}

Value Value::Optional(Value value) {
  auto owner = std::make_shared<const Value>(std::move(value));
  Value result(ValueKind::kOptional);
  result.data_.held = owner.get();
  result.owner_ = std::move(owner);
  return result;
}

Value Value::None() {
  Value result(ValueKind::kOptional);
  result.data_.held = nullptr;
  return result;
}

Value Value::Failure(std::string message) {
  Value result = Error(ErrorCode::kFunctionFailed);
  result.owner_ = std::make_shared<const std::string>(std::move(message));
  return result;
}

uint64_t Value::uint_value() const {
  Require(ValueKind::kUint);
  return data_.natural;
}

double Value::double_value() const {
  Require(ValueKind::kDouble);
  return data_.real;
}

const MapValue& Value::map() const {
  Require(ValueKind::kMap);
  return *data_.map;
}

absl::Time Value::timestamp() const {
  Require(ValueKind::kTimestamp);
  return absl::FromUnixSeconds(data_.instant.seconds) +
         absl::Nanoseconds(data_.instant.nanoseconds);
}

absl::Duration Value::duration() const {
  Require(ValueKind::kDuration);
  return absl::Nanoseconds(data_.integer);
}

const Value* Value::held() const {
  Require(ValueKind::kOptional);
  return data_.held;
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

int64_t Value::WeightOfParts() const {
  switch (kind_) {
    case ValueKind::kString:
    case ValueKind::kBytes:
      return 1 + static_cast<int64_t>(data_.text.size) / kBytesPerStep;
    case ValueKind::kList:
      return data_.list->Weight();
    case ValueKind::kMap:
      return data_.map->Weight();
    case ValueKind::kOptional:
      return 1 + (data_.held == nullptr ? 0 : data_.held->Weight());
    case ValueKind::kNull:
    case ValueKind::kBool:
    case ValueKind::kInt:
    case ValueKind::kUint:
    case ValueKind::kDouble:
    case ValueKind::kObject:
    case ValueKind::kTimestamp:
    case ValueKind::kDuration:
    case ValueKind::kType:
    case ValueKind::kError:
      return 1;
  }
  std::abort();
}

absl::string_view Value::TypeName() const {
  switch (kind_) {
    case ValueKind::kNull:
      return "null_type";
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
      return object().type().name;
    case ValueKind::kTimestamp:
      return "google.protobuf.Timestamp";
    case ValueKind::kDuration:
      return "google.protobuf.Duration";
    case ValueKind::kType:
      return "type";
    case ValueKind::kOptional:
      return "optional_type";
    case ValueKind::kError:
      return "error";
  }
  std::abort();
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
      return DoubleLiteral(data_.real);
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
    case ValueKind::kTimestamp:
      return absl::StrCat("timestamp(\"", TimestampText(timestamp()), "\")");
    case ValueKind::kDuration:
      return absl::StrCat("duration(\"", DurationText(duration()), "\")");
    case ValueKind::kType:
      return std::string(text());
    case ValueKind::kOptional:
      return held() == nullptr
                 ? "optional.none()"
                 : absl::StrCat("optional.of(", held()->DebugText(), ")");
    case ValueKind::kError:
      return "error";
  }
  std::abort();
}

}  // namespace pistis::expr
