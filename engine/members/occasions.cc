#include "engine/members/occasions.h"

#include <algorithm>

#include "engine/base/clock.h"

namespace pistis {

bool IsWhole(const OccasionState& state) {
  constexpr int64_t kLastYear = 9999;
  return IsCalendarOrNever(state.birthday) &&
         IsCalendarOrNever(state.anniversary) &&
         IsCalendarOrNever(state.years) &&
         IsCalendarOrNever(state.first_order) && state.birthday_year >= 0 &&
         state.birthday_year <= kLastYear;
}

absl::CivilDay DayIn(absl::CivilDay day, int64_t year) {
  const absl::CivilMonth month(year, day.month());
  return std::min(absl::CivilDay(month) + (day.day() - 1),
                  absl::CivilDay(month + 1) - 1);
}

absl::Time NextOn(absl::CivilDay day, absl::Time after, absl::TimeZone zone) {
  const int64_t year = absl::ToCivilDay(after, zone).year();
  const absl::Time this_year = absl::FromCivil(DayIn(day, year), zone);
  return this_year > after ? this_year
                           : absl::FromCivil(DayIn(day, year + 1), zone);
}

OccasionState WithFirstOrder(OccasionState state, absl::Time at,
                             absl::TimeZone zone) {
  state.first_order = at;
  state.years = NextOn(absl::ToCivilDay(at, zone), at, zone);
  return state;
}

OccasionState Scheduled(OccasionState state, const MemberDays& days,
                        absl::Time after, absl::TimeZone zone) {
  const absl::Time from = std::max(after, days.joined);
  state.anniversary = NextOn(absl::ToCivilDay(days.joined, zone), from, zone);
  if (state.first_order != absl::InfiniteFuture()) {
    state.years = NextOn(absl::ToCivilDay(state.first_order, zone),
                         std::max(from, state.first_order), zone);
  }
  state.birthday = absl::InfiniteFuture();
  if (!days.birthday) return state;
  // No birthday before its own time, and none in a year that had one.
  const absl::CivilDay day = *days.birthday;
  state.birthday =
      NextOn(day, std::max(from, absl::FromCivil(day, zone)), zone);
  const int64_t year = absl::ToCivilDay(state.birthday, zone).year();
  if (year <= state.birthday_year) {
    state.birthday = absl::FromCivil(DayIn(day, state.birthday_year + 1), zone);
  }
  return state;
}

std::optional<ExpiryNotice> NextNotice(absl::Span<const Lot> lots,
                                       absl::Time noticed, int days,
                                       absl::TimeZone zone) {
  const auto first =
      std::find_if(lots.begin(), lots.end(),
                   [&](const Lot& lot) { return lot.expire > noticed; });
  if (first == lots.end() || first->expire == absl::InfiniteFuture()) {
    return std::nullopt;
  }
  ExpiryNotice notice{
      .at = absl::FromCivil(absl::ToCivilDay(first->expire, zone) - days, zone),
      .expires = first->expire,
      .points = Points()};
  for (auto lot = first; lot != lots.end() && lot->expire == notice.expires;
       ++lot) {
    notice.points += lot->points;
  }
  return notice;
}

}  // namespace pistis
