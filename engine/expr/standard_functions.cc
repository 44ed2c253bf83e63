#include "engine/expr/standard_functions.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/utf8.h"

namespace pistis::expr {
namespace {

using Arguments = absl::Span<const Value>;
using Result = absl::StatusOr<Value>;

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

// Collects overloads; short names keep the tables below readable.
class Table {
 public:
  void Global(std::string name, std::vector<Type> parameters, Type result,
              Result (*call)(Arguments)) {
    Add({std::move(name),
         CallStyle::kGlobal,
         {std::move(parameters), std::move(result)},
         call});
  }
  void Method(std::string name, std::vector<Type> parameters, Type result,
              Result (*call)(Arguments)) {
    Add({std::move(name),
         CallStyle::kMethod,
         {std::move(parameters), std::move(result)},
         call});
  }
  std::vector<Function> Take() { return std::move(functions_); }

 private:
  void Add(Function function) { functions_.push_back(std::move(function)); }

  std::vector<Function> functions_;
};

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

Result SizeOfText(Arguments arguments) {
  return Value::Int(CountCodePoints(arguments[0].text()));
}

Result SizeOfBytes(Arguments arguments) {
  return Value::Int(static_cast<int64_t>(arguments[0].text().size()));
}

Result SizeOfList(Arguments arguments) {
  return Value::Int(arguments[0].list().size());
}

Result SizeOfMap(Arguments arguments) {
  return Value::Int(arguments[0].map().size());
}

Result Contains(Arguments arguments) {
  return Value::Bool(
      absl::StrContains(arguments[0].text(), arguments[1].text()));
}

Result StartsWith(Arguments arguments) {
  return Value::Bool(
      absl::StartsWith(arguments[0].text(), arguments[1].text()));
}

Result EndsWith(Arguments arguments) {
  return Value::Bool(absl::EndsWith(arguments[0].text(), arguments[1].text()));
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
  if (!(number > -kTwoTo63 && number < kTwoTo63)) {
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
  if (!(number > -1 && number < kTwoTo64)) {
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
  const double number = arguments[0].double_value();
  if (std::isnan(number)) return Value::StringView("NaN");
  std::array<char, 32> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return Value::String(std::string(buffer.data(), written.ptr));
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

void AddTextAndSize(Table& table) {
  const Type list = Type::List(Type::Parameter(0));
  const Type map = Type::Map(Type::Parameter(0), Type::Parameter(1));
  table.Global("size", {Type::String()}, Type::Int(), SizeOfText);
  table.Global("size", {Type::Bytes()}, Type::Int(), SizeOfBytes);
  table.Global("size", {list}, Type::Int(), SizeOfList);
  table.Global("size", {map}, Type::Int(), SizeOfMap);
  table.Method("size", {Type::String()}, Type::Int(), SizeOfText);
  table.Method("size", {Type::Bytes()}, Type::Int(), SizeOfBytes);
  table.Method("size", {list}, Type::Int(), SizeOfList);
  table.Method("size", {map}, Type::Int(), SizeOfMap);
  const std::vector<Type> texts = {Type::String(), Type::String()};
  table.Method("contains", texts, Type::Bool(), Contains);
  table.Method("startsWith", texts, Type::Bool(), StartsWith);
  table.Method("endsWith", texts, Type::Bool(), EndsWith);
}

void AddConversions(Table& table) {
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
}

}  // namespace

std::vector<Function> StandardFunctions() {
  Table table;
  AddTextAndSize(table);
  AddConversions(table);
  return table.Take();
}

}  // namespace pistis::expr
