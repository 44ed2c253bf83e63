// What a rulebook says of points: worth, redemption, waiting, expiry, returns.
#ifndef PISTIS_ENGINE_RULEBOOK_POINTS_POLICY_H_
#define PISTIS_ENGINE_RULEBOOK_POINTS_POLICY_H_

#include <optional>
#include <variant>

#include "engine/base/amount.h"
#include "engine/base/rate.h"

namespace pistis {

// Points never expire.
struct NeverExpire {};

// At the end of the day that lies `days` days after the points became
// available.
struct ExpireAfter {
  int days = 0;
};

// At the end of the day that lies `days` days after the member last earned or
// redeemed points; all such points of a member expire together.
struct ExpireAfterInactivity {
  int days = 0;
};

enum class CalendarPeriod { kMonth, kQuarter, kYear };

// `grace_days` days after the end of the calendar period in which the points
// became available.
struct ExpireAtEndOf {
  CalendarPeriod period = CalendarPeriod::kYear;
  int grace_days = 0;
};

using ExpiryModel = std::variant<NeverExpire, ExpireAfter,
                                 ExpireAfterInactivity, ExpireAtEndOf>;

// What a refund does where the points it takes back were spent already.
enum class RefundShortfall { kNegative, kForgive };

// How a refund finds the points it takes back: the share of what each line
// earned, or what the lines that are kept would not have earned alone.
enum class OnReturn { kProportional, kRecompute };

struct PointsPolicy {
  // What one point pays, of a major unit. Nothing: no redemption.
  std::optional<Rate> value;
  Points minimum{1};
  Points step{1};
  Rate max_share{1, 1};
  // Days until points that an order earned become available, at the end of the
  // last of them. Nothing: at once.
  std::optional<int> pending_days;
  ExpiryModel expiry;
  // Days that points live which are given back after their lot has expired.
  int refund_grace_days = 30;
  RefundShortfall refund_shortfall = RefundShortfall::kNegative;
  OnReturn on_return = OnReturn::kProportional;
  // Days before they expire from which points are about to.
  std::optional<int> expiring_notice_days;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_POINTS_POLICY_H_
