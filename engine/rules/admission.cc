#include "engine/rules/admission.h"

#include <algorithm>

#include "engine/base/status_macros.h"
#include "engine/rules/validity.h"

namespace pistis {

Admission::Admission(const SaleView& sale)
    : sale_(&sale),
      now_(absl::ToCivilMinute(sale.time, sale.rulebook.time_zone)),
      groups_(sale.rulebook.groups.size()) {}

bool Admission::Holds(const Rule& rule, const Facts& facts) const {
  return (!rule.valid || IsValidAt(*rule.valid, now_)) &&
         pistis::Holds(rule.when, facts);
}

absl::StatusOr<LimitRoom> Admission::RoomOf(const Rule& rule) const {
  return pistis::RoomOf(rule, sale_->limits, sale_->member.member_id);
}

absl::StatusOr<bool> Admission::Admit(size_t rule, const Facts& facts,
                                      WorthOf worth_of) {
  const Rule& of = sale_->rulebook.rules[rule];
  if (!Holds(of, facts)) return false;
  PISTIS_ASSIGN_OR_RETURN(const LimitRoom room, RoomOf(of));
  if (room.is_reached) {
    Withhold(rule, Withheld::kLimitReached);
    return false;
  }
  PISTIS_ASSIGN_OR_RETURN(const std::optional<Withheld> kept_out,
                          KeptOut(rule, facts, worth_of));
  if (kept_out) {
    Withhold(rule, *kept_out);
    return false;
  }
  rooms_.emplace(rule, room);
  return true;
}

void Admission::Take(size_t rule) {
  const std::optional<size_t> group = sale_->rulebook.rules[rule].group;
  if (group) TakeGroup(*group);
}

void Admission::TakeGroup(size_t group) {
  groups_[group].is_taken = true;
  for (const size_t other : sale_->rulebook.groups[group].excludes)
    groups_[other].is_closed = true;
}

void Admission::Withhold(size_t rule, Withheld why) {
  withheld_.push_back({.rule_id = sale_->rulebook.rules[rule].id, .why = why});
}

absl::StatusOr<std::optional<Withheld>> Admission::KeptOut(size_t rule,
                                                           const Facts& facts,
                                                           WorthOf worth_of) {
  const std::optional<size_t> index = sale_->rulebook.rules[rule].group;
  if (!index) return std::nullopt;
  Group& group = groups_[*index];
  if (group.is_closed) return Withheld::kExcluded;
  switch (sale_->rulebook.groups[*index].mode) {
    case StackMode::kAll:
      return std::nullopt;
    case StackMode::kFirst:
      if (group.is_taken) return Withheld::kNotFirst;
      return std::nullopt;
    case StackMode::kBest:
      if (!group.best) {
        PISTIS_ASSIGN_OR_RETURN(group.best, BestFrom(rule, facts, worth_of));
        TakeGroup(*index);
      }
      if (group.best != rule) return Withheld::kNotBest;
      return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<size_t> Admission::BestFrom(size_t rule, const Facts& facts,
                                           WorthOf worth_of) const {
  const std::vector<size_t>& rules =
      sale_->rulebook.groups[*sale_->rulebook.rules[rule].group].rules;
  std::optional<size_t> best;
  RuleWorth most;
  for (auto at = std::find(rules.begin(), rules.end(), rule); at != rules.end();
       ++at) {
    const Rule& of = sale_->rulebook.rules[*at];
    if (!Holds(of, facts)) continue;
    PISTIS_ASSIGN_OR_RETURN(const LimitRoom room, RoomOf(of));
    if (room.is_reached) continue;
    PISTIS_ASSIGN_OR_RETURN(const RuleWorth worth, worth_of(*at, room));
    if (best && worth <= most) continue;
    best = *at;
    most = worth;
  }
  return best.value_or(rule);
}

}  // namespace pistis
