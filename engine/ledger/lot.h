// Points with one expiry, and when that is.
#ifndef PISTIS_ENGINE_LEDGER_LOT_H_
#define PISTIS_ENGINE_LEDGER_LOT_H_

#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/rulebook/points_policy.h"

namespace pistis {

enum class LotKind {
  // Expires when it says.
  kFixed,
  // Expires when the member has been idle for long enough: each activity puts
  // its expiry off.
  kIdle,
};

// Points earned together. Expiry and kind name the lot: lots of the same are
// one. absl::InfiniteFuture() never expires.
struct Lot {
  absl::Time expire;
  Points points;
  LotKind kind = LotKind::kFixed;
};

// True where both are the same lot, whatever their points.
[[nodiscard]] bool IsSameLot(const Lot& a, const Lot& b);
// The order in which lots are spent: by expiry, kFixed before kIdle.
[[nodiscard]] bool IsSpentBefore(const Lot& a, const Lot& b);

// The lot of points that become available at `at`, empty as yet.
[[nodiscard]] Lot LotFrom(const ExpiryModel& expiry, absl::Time at,
                          absl::TimeZone zone);

// The end of the day that lies `days` days after `at` in `zone`, so that what
// happens on one day is one: a day's own end for 0. Days end when the next one
// begins, also where daylight saving makes them 23 or 25 hours long.
[[nodiscard]] absl::Time EndOfDayAfter(absl::Time at, int days,
                                       absl::TimeZone zone);

// `at` where a day of `zone` begins at it, else the end of its day: an expiry
// that a caller chose, coalesced with others.
[[nodiscard]] absl::Time ToDayBoundary(absl::Time at, absl::TimeZone zone);

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_LOT_H_
