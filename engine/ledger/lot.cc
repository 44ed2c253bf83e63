#include "engine/ledger/lot.h"

#include <variant>

#include "absl/time/civil_time.h"

namespace pistis {
namespace {

int MonthsOf(CalendarPeriod period) {
  switch (period) {
    case CalendarPeriod::kMonth:
      return 1;
    case CalendarPeriod::kQuarter:
      return 3;
    case CalendarPeriod::kYear:
      return 12;
  }
  return 12;
}

// The first day after the period in which `day` lies.
absl::CivilDay DayAfterPeriod(absl::CivilDay day, CalendarPeriod period) {
  const int months = MonthsOf(period);
  const int begun = (day.month() - 1) / months * months + 1;
  return absl::CivilDay(absl::CivilMonth(day.year(), begun) + months);
}

struct LotMaker {
  absl::Time at;
  absl::TimeZone zone;

  Lot operator()(const NeverExpire& /*model*/) const {
    return {.expire = absl::InfiniteFuture()};
  }
  Lot operator()(const ExpireAfter& model) const {
    return {.expire = EndOfDayAfter(at, model.days, zone)};
  }
  Lot operator()(const ExpireAfterInactivity& model) const {
    return {.expire = EndOfDayAfter(at, model.days, zone),
            .kind = LotKind::kIdle};
  }
  Lot operator()(const ExpireAtEndOf& model) const {
    const absl::CivilDay after =
        DayAfterPeriod(absl::ToCivilDay(at, zone), model.period);
    return {.expire = absl::FromCivil(after + model.grace_days, zone)};
  }
};

}  // namespace

bool IsSameLot(const Lot& a, const Lot& b) {
  return a.expire == b.expire && a.kind == b.kind;
}

bool IsSpentBefore(const Lot& a, const Lot& b) {
  if (a.expire != b.expire) return a.expire < b.expire;
  return a.kind == LotKind::kFixed && b.kind == LotKind::kIdle;
}

Lot LotFrom(const ExpiryModel& expiry, absl::Time at, absl::TimeZone zone) {
  return std::visit(LotMaker{at, zone}, expiry);
}

absl::Time EndOfDayAfter(absl::Time at, int days, absl::TimeZone zone) {
  if (at == absl::InfiniteFuture()) return at;
  return absl::FromCivil(absl::ToCivilDay(at, zone) + days + 1, zone);
}

absl::Time ToDayBoundary(absl::Time at, absl::TimeZone zone) {
  if (at == absl::FromCivil(absl::ToCivilDay(at, zone), zone)) return at;
  return EndOfDayAfter(at, 0, zone);
}

}  // namespace pistis
