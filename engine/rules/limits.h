// What the limits of a rule leave it to give.
#ifndef PISTIS_ENGINE_RULES_LIMITS_H_
#define PISTIS_ENGINE_RULES_LIMITS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// What a rule gave in a window.
struct LimitUse {
  int64_t times = 0;
  Points points;
  Money discount;
};

// Tells what a rule has given in the window of one of its limits, which is per
// member or per campaign, without the order at hand. The same answer for the
// same question as long as an order is worked on. Fails where storage does.
// Null: nothing was ever given.
using LimitBook = std::function<absl::StatusOr<LimitUse>(const Rule& rule,
                                                         const Limit& limit)>;

// What the sums of a rule or code template go by: no id holds a stroke.
[[nodiscard]] std::string HolderOf(const Rule& rule);
// The template whose codes go by it; nothing where a rule does.
[[nodiscard]] std::optional<std::string> TemplateOf(absl::string_view holder);

// What a rule may still give an order; nothing: as much as it will.
struct LimitRoom {
  bool is_reached = false;
  // By a budget; is_reached is true then.
  bool is_budget_spent = false;
  std::optional<Points> points;
  std::optional<Money> discount;
};

// The room that all limits of `rule` leave. A rule that is limited per member
// has none for a sale without one. Fails where `book` does.
absl::StatusOr<LimitRoom> RoomOf(const Rule& rule, const LimitBook& book,
                                 const MemberId& member);

// The first day of the window that `day` lies in; of windows of days, `day`
// itself; of one that never ends, the first of all.
[[nodiscard]] absl::CivilDay WindowStart(LimitWindow window,
                                         absl::CivilDay day);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_LIMITS_H_
