#include "engine/rules/validity.h"

namespace pistis {
namespace {

constexpr int kMinutesPerHour = 60;

}  // namespace

bool IsValidAt(const Validity& validity, absl::CivilMinute now) {
  absl::CivilDay day(now);
  if (validity.hours) {
    const int minute = now.hour() * kMinutesPerHour + now.minute();
    const auto [begin, end] = *validity.hours;
    const bool is_over_midnight = end < begin;
    const bool is_early = minute < end;
    if (is_over_midnight ? !is_early && minute < begin
                         : !is_early || minute < begin) {
      return false;
    }
    if (is_over_midnight && is_early) --day;
  }
  return (!validity.from || day >= *validity.from) &&
         (!validity.to || day <= *validity.to) &&
         validity.days.test(static_cast<size_t>(absl::GetWeekday(day)));
}

}  // namespace pistis
