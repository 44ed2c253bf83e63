#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/function_table.h"
#include "engine/expr/spelling.h"
#include "engine/expr/utf8.h"

namespace pistis::expr {
namespace {

constexpr double kInt64End = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

absl::Status OutOfRange(const Value& value, absl::string_view type) {
  return absl::OutOfRangeError(
      absl::StrCat(value.DebugText(), " does not fit ", type));
}

absl::Status NotA(const Value& value, absl::string_view type) {
  return absl::InvalidArgumentError(
      absl::StrCat(value.DebugText(), " is not ", type));
}

Result Same(Arguments arguments) {
  return arguments[0];
}

// The whole of `text` as a number, in the form that CEL writes it in.
template <typename Number>
bool ParseWhole(absl::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

Result IntOfUint(Arguments arguments) {
  const uint64_t number = arguments[0].uint_value();
  if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return OutOfRange(arguments[0], "an int");
  }
  return Value::Int(static_cast<int64_t>(number));
}

Result IntOfDouble(Arguments arguments) {
  const double number = arguments[0].double_value();
  if (!(number > -kInt64End && number < kInt64End)) {
    return OutOfRange(arguments[0], "an int");
  }
  return Value::Int(static_cast<int64_t>(number));
}

Result IntOfString(Arguments arguments) {
  int64_t number = 0;
  if (!ParseWhole(arguments[0].text(), number)) {
    return NotA(arguments[0], "an int");
  }
  return Value::Int(number);
}

Result UintOfInt(Arguments arguments) {
  const int64_t number = arguments[0].int_value();
  if (number < 0) return OutOfRange(arguments[0], "a uint");
  return Value::Uint(static_cast<uint64_t>(number));
}

Result UintOfDouble(Arguments arguments) {
  const double number = arguments[0].double_value();
  if (!(number >= 0 && number < kTwoTo64)) {
    return OutOfRange(arguments[0], "a uint");
  }
  return Value::Uint(static_cast<uint64_t>(number));
}

Result UintOfString(Arguments arguments) {
  uint64_t number = 0;
  if (!ParseWhole(arguments[0].text(), number)) {
    return NotA(arguments[0], "a uint");
  }
  return Value::Uint(number);
}

Result DoubleOfInt(Arguments arguments) {
  return Value::Double(static_cast<double>(arguments[0].int_value()));
}

Result DoubleOfUint(Arguments arguments) {
  return Value::Double(static_cast<double>(arguments[0].uint_value()));
}

Result DoubleOfString(Arguments arguments) {
  double number = 0;
  if (!ParseWhole(arguments[0].text(), number)) {
    return NotA(arguments[0], "a double");
  }
  return Value::Double(number);
}

Result BoolOfString(Arguments arguments) {
  for (const absl::string_view yes : {"1", "t", "true", "TRUE", "True"}) {
    if (arguments[0].text() == yes) return Value::Bool(true);
  }
  for (const absl::string_view no : {"0", "f", "false", "FALSE", "False"}) {
    if (arguments[0].text() == no) return Value::Bool(false);
  }
  return NotA(arguments[0], "a bool");
}

Result StringOfBool(Arguments arguments) {
  return Value::StringView(arguments[0].bool_value() ? "true" : "false");
}

Result StringOfInt(Arguments arguments) {
  return Value::String(absl::StrCat(arguments[0].int_value()));
}

Result StringOfUint(Arguments arguments) {
  return Value::String(absl::StrCat(arguments[0].uint_value()));
}

Result StringOfDouble(Arguments arguments) {
  return Value::String(DoubleText(arguments[0].double_value()));
}

Result StringOfBytes(Arguments arguments) {
  const absl::string_view bytes = arguments[0].text();
  if (FirstInvalidUtf8(bytes).has_value()) {
    return NotA(arguments[0], "UTF-8 text");
  }
  return Value::String(std::string(bytes));
}

Result BytesOfString(Arguments arguments) {
  return Value::Bytes(std::string(arguments[0].text()));
}

Result IntOfTimestamp(Arguments arguments) {
  return Value::Int(absl::ToUnixSeconds(arguments[0].timestamp()));
}

Result StringOfTimestamp(Arguments arguments) {
  return Value::String(TimestampText(arguments[0].timestamp()));
}

Result StringOfDuration(Arguments arguments) {
  return Value::String(DurationText(arguments[0].duration()));
}

Result TimestampOfInt(Arguments arguments) {
  return Value::Timestamp(absl::FromUnixSeconds(arguments[0].int_value()));
}

Result TimestampOfString(Arguments arguments) {
  const auto time = ParseTimestamp(arguments[0].text());
  if (!time.has_value()) return NotA(arguments[0], "a timestamp");
  return Value::Timestamp(*time);
}

Result DurationOfString(Arguments arguments) {
  const auto duration = ParseDuration(arguments[0].text());
  if (!duration.has_value()) return NotA(arguments[0], "a duration");
  return Value::Duration(*duration);
}

Result TypeOfValue(Arguments arguments) {
  return Value::Type(std::string(arguments[0].TypeName()));
}

}  // namespace

void AddConversions(FunctionTable& table) {
  table.Global("dyn", {Type::Parameter(0)}, Type::Dyn(), Same);
  table.Global("bool", {Type::Bool()}, Type::Bool(), Same);
  table.Global("bool", {Type::String()}, Type::Bool(), BoolOfString);
  table.Global("int", {Type::Int()}, Type::Int(), Same);
  table.Global("int", {Type::Uint()}, Type::Int(), IntOfUint);
  table.Global("int", {Type::Double()}, Type::Int(), IntOfDouble);
  table.Global("int", {Type::String()}, Type::Int(), IntOfString);
  table.Global("uint", {Type::Uint()}, Type::Uint(), Same);
  table.Global("uint", {Type::Int()}, Type::Uint(), UintOfInt);
  table.Global("uint", {Type::Double()}, Type::Uint(), UintOfDouble);
  table.Global("uint", {Type::String()}, Type::Uint(), UintOfString);
  table.Global("double", {Type::Double()}, Type::Double(), Same);
  table.Global("double", {Type::Int()}, Type::Double(), DoubleOfInt);
  table.Global("double", {Type::Uint()}, Type::Double(), DoubleOfUint);
  table.Global("double", {Type::String()}, Type::Double(), DoubleOfString);
  table.Global("string", {Type::String()}, Type::String(), Same);
  table.Global("string", {Type::Bool()}, Type::String(), StringOfBool);
  table.Global("string", {Type::Int()}, Type::String(), StringOfInt);
  table.Global("string", {Type::Uint()}, Type::String(), StringOfUint);
  table.Global("string", {Type::Double()}, Type::String(), StringOfDouble);
  table.Global("string", {Type::Bytes()}, Type::String(), StringOfBytes);
  table.Global("bytes", {Type::Bytes()}, Type::Bytes(), Same);
  table.Global("bytes", {Type::String()}, Type::Bytes(), BytesOfString);
  const Type time = Type::Timestamp();
  const Type span = Type::Duration();
  table.Global("int", {time}, Type::Int(), IntOfTimestamp);
  table.Global("string", {time}, Type::String(), StringOfTimestamp);
  table.Global("string", {span}, Type::String(), StringOfDuration);
  table.Global("timestamp", {time}, time, Same);
  table.Global("timestamp", {Type::Int()}, time, TimestampOfInt);
  table.Global("timestamp", {Type::String()}, time, TimestampOfString);
  table.Global("duration", {span}, span, Same);
  table.Global("duration", {Type::String()}, span, DurationOfString);
  table.Global("type", {Type::Parameter(0)}, Type::OfTypes(), TypeOfValue);
}

}  // namespace pistis::expr
