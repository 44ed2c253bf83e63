#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kMinutesPerHour = 60;
constexpr int kMinutesPerDay = 24 * kMinutesPerHour;

// "09:30" in minutes; "24:00" is the end of the day.
std::optional<int> MinutesOf(absl::string_view text) {
  const auto digit = [&](size_t i) {
    return absl::ascii_isdigit(static_cast<unsigned char>(text[i]));
  };
  const bool shaped = text.size() == 5 && text[2] == ':' && digit(0) &&
                      digit(1) && digit(3) && digit(4);
  int hour = 0;
  int minute = 0;
  if (!shaped || !absl::SimpleAtoi(text.substr(0, 2), &hour) ||
      !absl::SimpleAtoi(text.substr(3), &minute) || minute >= kMinutesPerHour) {
    return std::nullopt;
  }
  const int minutes = hour * kMinutesPerHour + minute;
  if (minutes > kMinutesPerDay) return std::nullopt;
  return minutes;
}

std::bitset<7> ReadDaysOfWeek(const v1::Valid& valid, const std::string& path,
                              Reporter& reporter) {
  std::bitset<7> days;
  for (int i = 0; i < valid.days_size(); ++i) {
    const std::string inner = EntryPath(path, static_cast<size_t>(i));
    if (valid.days(i).empty()) {
      reporter.Add(inner,
                   "is empty; write mon, tue, wed, thu, fri, sat or sun");
    }
    const auto day =
        ReadChoice<absl::Weekday>({inner, valid.days(i)},
                                  {{"mon", absl::Weekday::monday},
                                   {"tue", absl::Weekday::tuesday},
                                   {"wed", absl::Weekday::wednesday},
                                   {"thu", absl::Weekday::thursday},
                                   {"fri", absl::Weekday::friday},
                                   {"sat", absl::Weekday::saturday},
                                   {"sun", absl::Weekday::sunday}},
                                  reporter);
    if (day) days.set(static_cast<size_t>(*day));
  }
  return valid.days().empty() ? days.set() : days;
}

}  // namespace

std::optional<Validity::Hours> ReadHours(const TextField& field,
                                         Reporter& reporter) {
  if (field.text.empty()) return std::nullopt;
  const std::vector<absl::string_view> ends = absl::StrSplit(field.text, '-');
  const std::optional<int> begin = MinutesOf(ends.front());
  const std::optional<int> end = MinutesOf(ends.back());
  if (ends.size() != 2 || !begin || !end || *begin == kMinutesPerDay) {
    reporter.Add(field.path, absl::StrCat(Shown(field.text),
                                          " are not hours; write them as "
                                          "\"09:00-12:00\""));
    return std::nullopt;
  }
  if (*begin == *end) {
    reporter.Add(field.path,
                 "begin when they end; write \"09:00-12:00\", or remove hours "
                 "for all day");
    return std::nullopt;
  }
  return Validity::Hours{.begin = *begin, .end = *end};
}

Validity CompileValidity(const v1::Valid& valid, const std::string& path,
                         Reporter& reporter) {
  Validity validity;
  validity.from = ReadDay({KeyPath(path, "from"), valid.from()}, reporter);
  validity.to = ReadDay({KeyPath(path, "to"), valid.to()}, reporter);
  validity.days = ReadDaysOfWeek(valid, KeyPath(path, "days"), reporter);
  validity.hours = ReadHours({KeyPath(path, "hours"), valid.hours()}, reporter);
  if (validity.from && validity.to && *validity.to < *validity.from) {
    reporter.Add(KeyPath(path, "to"),
                 "lies before from, so it is never valid; write a later day");
  }
  return validity;
}

}  // namespace pistis
