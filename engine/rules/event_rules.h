// What rules give on events that are no orders. Pure.
#ifndef PISTIS_ENGINE_RULES_EVENT_RULES_H_
#define PISTIS_ENGINE_RULES_EVENT_RULES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/expr/value.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/budgets.h"
#include "engine/rules/facts.h"
#include "engine/rules/limits.h"
#include "engine/rules/points_sum.h"

namespace pistis {

// Something that happens to a member. What its trigger does not speak of stays
// empty; EventField says what each is.
struct MemberEvent {
  Trigger trigger = Trigger::kActivity;
  std::string name;
  absl::Time time;
  Attributes attributes = {};
  int64_t years = 0;
  Points points = {};
  absl::Time expires = {};
  std::string old_tier = {};
  std::string new_tier = {};
  bool up = false;
  OrderId order_id = {};
  Money refund = {};
  bool whole = false;
  // Of a case.
  std::string case_id = {};
  // Of a referral: the friend, where the member is the referrer.
  MemberId friend_id = {};
  int64_t friends = 0;
};

// The event of a trigger that has a name of its own.
[[nodiscard]] MemberEvent EventOf(Trigger trigger, absl::Time time);

// A member event as `event`. Refers to it.
class EventFacts final : public expr::ObjectValue {
 public:
  explicit EventFacts(const MemberEvent& event)
      : event_(event), attributes_(event.attributes) {}
  [[nodiscard]] const expr::ObjectType& type() const override;
  [[nodiscard]] std::optional<expr::Value> Field(int slot) const override;

 private:
  const MemberEvent& event_;
  AttributeMap attributes_;
};

// Refers to what it is made of, which must outlive it.
struct EventView {
  const Rulebook& rulebook;
  const MemberEvent& event;
  const MemberFacts& member;
  LimitBook limits;
  BudgetBook budgets = {};
};

// What rules give on an event.
struct EventGifts {
  // What a rule with limits used of them; `rule` is one of
  // Rulebook::event_rules.
  struct Use {
    const Rule* rule = nullptr;
    Points points;
  };

  // In the order of work; rules that gave none are not in it.
  std::vector<RulePoints> by_rule;
  Points points;
  Points tier_points;
  // Indices into Rulebook::codes, ::notes and ::segments, each at most once.
  std::vector<size_t> codes;
  std::vector<size_t> notes;
  std::vector<size_t> segments;
  // As Earned::note_codes.
  std::map<size_t, size_t> note_codes;
  std::vector<Use> limited;
  // What is given under budgets but those per store and terminal, as an event
  // has neither.
  std::map<BudgetSum, BudgetGift> budgeted;
  // True where any rule acted.
  bool any = false;
};

// Works out what the rules on the event's name give at its time, each within
// what its limits leave. POINTS_OVERFLOW where the points pass
// kMaxCommandPoints, LIMIT_REACHED where the conditions take more steps than
// those of an order may; fails where the limits cannot be read.
absl::StatusOr<EventGifts> GiveOnEvent(const EventView& view);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_EVENT_RULES_H_
