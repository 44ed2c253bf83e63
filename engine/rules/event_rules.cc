#include "engine/rules/event_rules.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/rules/benefits.h"
#include "engine/rules/step_meter.h"
#include "engine/rules/validity.h"

namespace pistis {
namespace {

using expr::Value;

// The points of a shape that has points alone.
Points PointsOf(const std::optional<EarnShape>& shape) {
  const auto* points = shape ? std::get_if<EarnPoints>(&*shape) : nullptr;
  return points == nullptr ? Points() : points->points;
}

absl::Status Add(Points points, Points& sum) {
  if (points > kMaxCommandPoints - sum) {
    return Refuse(Reason::kPointsOverflow,
                  absl::StrCat("rules give more than ",
                               kMaxCommandPoints.value(), " points at once"));
  }
  sum += points;
  return absl::OkStatus();
}

// A rule that acts on the event.
struct EventTurn {
  const Rule& rule;
  LimitRoom room;
  std::vector<BudgetSum> budgets;
};

std::vector<BudgetSum> BudgetsOf(const EventView& view, const Rule& rule) {
  const std::string nowhere;
  std::vector<BudgetSum> sums = SumsThatCount({.rulebook = view.rulebook,
                                               .member = view.member.member_id,
                                               .store = nowhere,
                                               .terminal = nowhere},
                                              {.rule = rule});
  const auto has_place = [&](const BudgetSum& sum) {
    const BudgetScope scope = view.rulebook.budgets[sum.budget].scope;
    return scope == BudgetScope::kStore || scope == BudgetScope::kTerminal;
  };
  sums.erase(std::remove_if(sums.begin(), sums.end(), has_place), sums.end());
  return sums;
}

// What budgets leave of the points, and that it is taken.
absl::StatusOr<Points> TakeFromBudgets(const EventView& view,
                                       const EventTurn& turn, Points points,
                                       EventGifts& gifts) {
  if (!view.budgets) return points;
  for (const BudgetSum& sum : turn.budgets) {
    PISTIS_ASSIGN_OR_RETURN(const BudgetUse use, view.budgets(sum));
    const std::optional<Points> left =
        PointsLeft(view.rulebook.budgets[sum.budget], use);
    if (!left) continue;
    const auto taken = gifts.budgeted.find(sum);
    points = std::min(points, taken == gifts.budgeted.end()
                                  ? *left
                                  : *left - taken->second.points);
  }
  const Rule& rule = turn.rule;
  const bool has_effect =
      rule.issue_code || rule.note || rule.segment || rule.tier_points;
  if (!points.is_positive() && !has_effect) return Points();
  for (const BudgetSum& sum : turn.budgets) {
    BudgetGift& gift = gifts.budgeted[sum];
    gift.sum = sum;
    gift.points += points;
    gift.times = 1;
    gift.keeps_times = gift.keeps_times || rule.issue_code.has_value();
  }
  return points;
}

absl::Status AddGift(const EventView& view, const EventTurn& turn,
                     EventGifts& gifts) {
  const Rule& rule = turn.rule;
  gifts.any = true;
  Points points = PointsOf(rule.earn);
  if (turn.room.points) points = std::min(points, *turn.room.points);
  PISTIS_ASSIGN_OR_RETURN(points, TakeFromBudgets(view, turn, points, gifts));
  PISTIS_RETURN_IF_ERROR(Add(points, gifts.points));
  PISTIS_RETURN_IF_ERROR(Add(PointsOf(rule.tier_points), gifts.tier_points));
  if (points.is_positive()) {
    gifts.by_rule.push_back({.rule_id = rule.id, .points = points});
  }
  if (rule.issue_code) AddOnce(*rule.issue_code, gifts.codes);
  if (rule.note) AddOnce(*rule.note, gifts.notes);
  if (rule.segment) AddOnce(*rule.segment, gifts.segments);
  if (rule.note && rule.issue_code) {
    gifts.note_codes.emplace(*rule.note, *rule.issue_code);
  }
  if (!rule.limits.empty()) {
    gifts.limited.push_back({.rule = &rule, .points = points});
  }
  return absl::OkStatus();
}

}  // namespace

MemberEvent EventOf(Trigger trigger, absl::Time time) {
  return {.trigger = trigger,
          .name = std::string(TriggerName(trigger)),
          .time = time};
}

const expr::ObjectType& EventFacts::type() const {
  return *EventType(event_.trigger);
}

std::optional<Value> EventFacts::Field(int slot) const {
  switch (EventFields(event_.trigger).at(static_cast<size_t>(slot))) {
    case EventField::kName:
      return Value::StringView(event_.name);
    case EventField::kTime:
      return Value::Timestamp(event_.time);
    case EventField::kAttributes:
      return Value::MapView(attributes_);
    case EventField::kYears:
      return Value::Int(event_.years);
    case EventField::kPoints:
      return Value::Int(event_.points.value());
    case EventField::kExpires:
      return Value::Timestamp(event_.expires);
    case EventField::kOldTier:
      return Value::StringView(event_.old_tier);
    case EventField::kNewTier:
      return Value::StringView(event_.new_tier);
    case EventField::kUp:
      return Value::Bool(event_.up);
    case EventField::kOrderId:
      return Value::StringView(event_.order_id.text());
    case EventField::kRefundMinor:
      return Value::Int(event_.refund.value());
    case EventField::kWhole:
      return Value::Bool(event_.whole);
    case EventField::kRole:
      return Value::StringView(event_.friend_id.empty() ? "friend"
                                                        : "referrer");
    case EventField::kFriends:
      return Value::Int(event_.friends);
  }
  return std::nullopt;
}

absl::StatusOr<EventGifts> GiveOnEvent(const EventView& view) {
  EventGifts gifts;
  const EventFacts event(view.event);
  const MemberAlone facts(view.member, view.event.time, &event);
  const absl::CivilMinute now =
      absl::ToCivilMinute(view.event.time, view.rulebook.time_zone);
  StepMeter steps(kMostOrderSteps);
  const auto holds = [&](const Condition& condition) {
    if (condition == nullptr) return true;
    const expr::Decision decision = condition->Decide(facts, steps.left());
    steps.Spend(decision.steps);
    return decision.holds;
  };
  for (const Rule& rule : view.rulebook.event_rules) {
    if (rule.event != view.event.name) continue;
    if (rule.valid && !IsValidAt(*rule.valid, now)) continue;
    if (!holds(rule.when)) continue;
    PISTIS_ASSIGN_OR_RETURN(const LimitRoom room,
                            RoomOf(rule, view.limits, view.member.member_id));
    if (room.is_reached) continue;
    const EventTurn turn{
        .rule = rule, .room = room, .budgets = BudgetsOf(view, rule)};
    steps.Spend(StepsOf(view.rulebook, turn.budgets));
    if (steps.is_spent()) break;
    PISTIS_ASSIGN_OR_RETURN(
        const bool is_spent,
        IsOutOfTimes(view.rulebook, turn.budgets, view.budgets));
    if (is_spent) continue;
    PISTIS_RETURN_IF_ERROR(AddGift(view, turn, gifts));
  }
  if (!steps.is_spent()) return gifts;
  return Refuse(Reason::kLimitReached,
                absl::StrCat("the conditions of rulebook version ",
                             view.rulebook.version, " take more steps for one ",
                             view.event.name, " than an event may"),
                {{"limit", "condition_steps"}});
}

}  // namespace pistis
