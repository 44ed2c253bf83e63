#include "engine/rules/admission.h"

#include <algorithm>
#include <numeric>

#include "engine/base/status_macros.h"
#include "engine/rules/validity.h"

namespace pistis {
namespace {

// All that the rule index may ask for.
std::vector<OrderTrait> TraitsOf(const Order& order,
                                 const MemberFacts& member) {
  std::vector<OrderTrait> traits = {{Trait::kStore, order.store_id},
                                    {Trait::kChannel, order.channel},
                                    {Trait::kTier, member.tier}};
  for (const std::string& segment : member.segments)
    traits.push_back({Trait::kSegment, segment});
  for (const OrderLine& line : order.lines) {
    traits.push_back({Trait::kSku, line.sku});
    traits.push_back({Trait::kCategory, line.category});
    for (const std::string& tag : line.tags)
      traits.push_back({Trait::kTag, tag});
  }
  return traits;
}

std::vector<size_t> CandidatesOf(const SaleView& sale, absl::CivilDay day) {
  const Rulebook& rulebook = sale.rulebook;
  if (rulebook.index && sale.trace == nullptr) {
    return rulebook.index->Find(TraitsOf(sale.order, sale.member), day);
  }
  std::vector<size_t> all(rulebook.rules.size());
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

}  // namespace

Admission::Admission(const SaleView& sale)
    : sale_(&sale),
      now_(absl::ToCivilMinute(sale.time, sale.rulebook.time_zone)),
      candidates_(CandidatesOf(sale, absl::CivilDay(now_))) {}

bool Admission::Holds(const Rule& rule, const Facts& facts) const {
  return (!rule.valid || IsValidAt(*rule.valid, now_)) &&
         pistis::Holds(rule.when, facts);
}

bool Admission::SelectsLines(const Rule& rule, Facts& facts) const {
  if (rule.lines == nullptr) return true;
  bool selects = false;
  for (size_t i = 0; i < sale_->order.lines.size() && !selects; ++i) {
    facts.SetLine(i);
    selects = pistis::Holds(rule.lines, facts);
  }
  facts.ClearLine();
  return selects;
}

absl::StatusOr<LimitRoom> Admission::RoomOf(const Rule& rule) const {
  return pistis::RoomOf(rule, sale_->limits, sale_->member.member_id);
}

absl::StatusOr<bool> Admission::Admit(size_t rule, Facts& facts,
                                      WorthOf worth_of) {
  const Rule& of = sale_->rulebook.rules[rule];
  if (sale_->trace != nullptr) sale_->trace->Begin(*sale_, rule, facts);
  if (!Holds(of, facts)) return false;
  if (!SelectsLines(of, facts)) {
    TraceNoLines(rule, facts);
    return false;
  }
  if (sale_->trace != nullptr) sale_->trace->SeeLimits(*sale_, rule);
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

void Admission::TraceNoLines(size_t rule, Facts& facts) const {
  if (sale_->trace == nullptr) return;
  if (sale_->rulebook.rules[rule].discount) {
    sale_->trace->SelectForDiscount(*sale_, rule, facts);
  } else {
    sale_->trace->SelectForEarning(*sale_, rule, facts);
  }
}

void Admission::Take(size_t rule) {
  const std::optional<size_t> group = sale_->rulebook.rules[rule].group;
  if (group) TakeGroup(*group);
}

void Admission::TakeGroup(size_t group) {
  Group& taken = groups_[group];
  if (taken.is_taken) return;
  taken.is_taken = true;
  for (const size_t other : sale_->rulebook.groups[group].excludes)
    groups_[other].is_closed = true;
}

void Admission::Withhold(size_t rule, Withheld why) {
  withheld_.push_back({.rule_id = sale_->rulebook.rules[rule].id, .why = why});
}

absl::StatusOr<std::optional<Withheld>> Admission::KeptOut(size_t rule,
                                                           Facts& facts,
                                                           WorthOf worth_of) {
  const std::optional<size_t> index = sale_->rulebook.rules[rule].group;
  if (!index) return std::nullopt;
  const Group group = groups_[*index];
  if (group.is_closed) return Withheld::kExcluded;
  switch (sale_->rulebook.groups[*index].mode) {
    case StackMode::kAll:
      return std::nullopt;
    case StackMode::kFirst:
      if (group.is_taken) return Withheld::kNotFirst;
      return std::nullopt;
    case StackMode::kBest:
      if (!group.best) {
        PISTIS_ASSIGN_OR_RETURN(const Best best,
                                BestFrom(rule, facts, worth_of));
        groups_[*index].best = best.rule;
        if (best.is_worth_anything) TakeGroup(*index);
      }
      if (groups_[*index].best != rule) return Withheld::kNotBest;
      return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<Admission::Best> Admission::BestFrom(size_t rule, Facts& facts,
                                                    WorthOf worth_of) const {
  const std::vector<size_t>& rules =
      sale_->rulebook.groups[*sale_->rulebook.rules[rule].group].rules;
  std::optional<size_t> best;
  RuleWorth most;
  for (auto at = std::find(rules.begin(), rules.end(), rule); at != rules.end();
       ++at) {
    if (!std::binary_search(candidates_.begin(), candidates_.end(), *at)) {
      continue;
    }
    const Rule& of = sale_->rulebook.rules[*at];
    if (!Holds(of, facts) || !SelectsLines(of, facts)) continue;
    PISTIS_ASSIGN_OR_RETURN(const LimitRoom room, RoomOf(of));
    if (room.is_reached) continue;
    PISTIS_ASSIGN_OR_RETURN(const RuleWorth worth, worth_of(*at, room));
    if (best && worth <= most) continue;
    best = *at;
    most = worth;
  }
  return Best{.rule = best.value_or(rule),
              .is_worth_anything = most > RuleWorth()};
}

}  // namespace pistis
