#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/expr/function_table.h"
#include "engine/expr/spelling.h"

namespace pistis::expr {
namespace {

using Moment = absl::TimeZone::CivilInfo;

// A part of a time of day or date.
struct Part {
  absl::string_view name;
  int64_t (*of)(const Moment& moment);
};

int64_t DayOfWeek(const Moment& moment) {
  // CEL counts from Sunday.
  return (static_cast<int64_t>(absl::GetWeekday(moment.cs)) + 1) % 7;
}

constexpr std::array<Part, 10> kParts = {{
    {"getFullYear", [](const Moment& at) -> int64_t { return at.cs.year(); }},
    {"getMonth", [](const Moment& at) -> int64_t { return at.cs.month() - 1; }},
    {"getDate", [](const Moment& at) -> int64_t { return at.cs.day(); }},
    {"getDayOfMonth",
     [](const Moment& at) -> int64_t { return at.cs.day() - 1; }},
    {"getDayOfWeek", DayOfWeek},
    {"getDayOfYear",
     [](const Moment& at) -> int64_t {
       return absl::GetYearDay(absl::CivilDay(at.cs)) - 1;
     }},
    {"getHours", [](const Moment& at) -> int64_t { return at.cs.hour(); }},
    {"getMinutes", [](const Moment& at) -> int64_t { return at.cs.minute(); }},
    {"getSeconds", [](const Moment& at) -> int64_t { return at.cs.second(); }},
    {"getMilliseconds",
     [](const Moment& at) { return absl::ToInt64Milliseconds(at.subsecond); }},
}};

Value PartOf(const Part& part, const Value& time, const absl::TimeZone& zone) {
  return Value::Int(part.of(zone.At(time.timestamp())));
}

absl::StatusOr<absl::TimeZone> ZoneNamed(const Value& name) {
  const auto zone = ParseZone(name.text());
  if (zone.has_value()) return *zone;
  return absl::InvalidArgumentError(
      absl::StrCat("no time zone ", name.DebugText()));
}

void AddZonedPart(FunctionTable& table, const Part& part) {
  Function& zoned =
      table.Method(std::string(part.name), {Type::Timestamp(), Type::String()},
                   Type::Int(), [part](Arguments arguments) -> Result {
                     const auto zone = ZoneNamed(arguments[1]);
                     if (!zone.ok()) return zone.status();
                     return PartOf(part, arguments[0], *zone);
                   });
  zoned.specialize = [part, signature = zoned.signature](
                         absl::Span<const std::optional<Value>> arguments)
      -> absl::StatusOr<std::shared_ptr<const Function>> {
    if (!arguments[1].has_value()) return nullptr;
    const auto zone = ZoneNamed(*arguments[1]);
    if (!zone.ok()) return zone.status();
    return std::make_shared<const Function>(
        Function{.name = std::string(part.name),
                 .style = CallStyle::kMethod,
                 .signature = signature,
                 .call = [part, zone = *zone](Arguments values) -> Result {
                   return PartOf(part, values[0], zone);
                 }});
  };
}

}  // namespace

void AddTimeFunctions(FunctionTable& table) {
  for (const Part& part : kParts) {
    table.Method(std::string(part.name), {Type::Timestamp()}, Type::Int(),
                 [part](Arguments arguments) -> Result {
                   return PartOf(part, arguments[0], absl::UTCTimeZone());
                 });
    AddZonedPart(table, part);
  }
  const std::vector<Type> span = {Type::Duration()};
  table.Method("getHours", span, Type::Int(), [](Arguments arguments) {
    return Value::Int(absl::ToInt64Hours(arguments[0].duration()));
  });
  table.Method("getMinutes", span, Type::Int(), [](Arguments arguments) {
    return Value::Int(absl::ToInt64Minutes(arguments[0].duration()));
  });
  table.Method("getSeconds", span, Type::Int(), [](Arguments arguments) {
    return Value::Int(absl::ToInt64Seconds(arguments[0].duration()));
  });
  table.Method("getMilliseconds", span, Type::Int(), [](Arguments arguments) {
    return Value::Int(absl::ToInt64Milliseconds(arguments[0].duration()) %
                      1000);
  });
}

}  // namespace pistis::expr
