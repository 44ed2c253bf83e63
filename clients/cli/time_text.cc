#include "clients/cli/time_text.h"

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace pistis {
namespace {

// Longer than any points last, and far from what a Duration cannot hold.
constexpr int64_t kMaxNumber = 1'000'000'000;

std::optional<absl::Duration> UnitOf(char letter) {
  switch (letter) {
    case 'd':
      return absl::Hours(24);
    case 'h':
      return absl::Hours(1);
    case 'm':
      return absl::Minutes(1);
    case 's':
      return absl::Seconds(1);
    default:
      return std::nullopt;
  }
}

// "+30d", "-2h".
std::optional<absl::Duration> ParseOffset(absl::string_view text) {
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) {
    return std::nullopt;
  }
  const std::optional<absl::Duration> unit = UnitOf(text.back());
  int64_t number = 0;
  if (!unit || text[1] == '+' || text[1] == '-' ||
      !absl::SimpleAtoi(text.substr(1, text.size() - 2), &number) ||
      number > kMaxNumber) {
    return std::nullopt;
  }
  return (text[0] == '-' ? -number : number) * *unit;
}

}  // namespace

std::optional<absl::Time> ParseTimeText(const std::string& text,
                                        absl::TimeZone zone, absl::Time now) {
  const absl::Time this_second =
      absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  if (const auto offset = ParseOffset(text)) return this_second + *offset;
  for (const char* form : {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"}) {
    absl::Time time;
    if (absl::ParseTime(form, text, zone, &time, nullptr)) return time;
  }
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) {
    return std::nullopt;
  }
  return absl::FromUnixSeconds(absl::ToUnixSeconds(time));
}

}  // namespace pistis
