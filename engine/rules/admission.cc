#include "engine/rules/admission.h"

#include <algorithm>
#include <numeric>
#include <utility>

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

std::vector<size_t> UpTo(size_t count) {
  std::vector<size_t> all(count);
  std::iota(all.begin(), all.end(), size_t{0});
  return all;
}

std::vector<size_t> CandidatesOf(const SaleView& sale, absl::CivilDay day) {
  const Rulebook& rulebook = sale.rulebook;
  if (!rulebook.index) return UpTo(rulebook.rules.size());
  return rulebook.index->Find(TraitsOf(sale.order, sale.member), day);
}

}  // namespace

Admission::Admission(const SaleView& sale, std::vector<CodeToApply> codes)
    : sale_(&sale),
      now_(absl::ToCivilMinute(sale.time, sale.rulebook.time_zone)),
      candidates_(CandidatesOf(sale, absl::CivilDay(now_))),
      codes_(std::move(codes)),
      all_lines_(UpTo(sale.order.lines.size())) {
  if (sale.trace != nullptr) all_rules_ = UpTo(sale.rulebook.rules.size());
}

size_t Admission::NumberOf(size_t code) const {
  return sale_->rulebook.rules.size() + code;
}

const CodeToApply* Admission::CodeOf(size_t rule) const {
  const size_t rules = sale_->rulebook.rules.size();
  return rule < rules ? nullptr : &codes_[rule - rules];
}

const Rule& Admission::Of(size_t rule) const {
  const CodeToApply* code = CodeOf(rule);
  return code == nullptr ? sale_->rulebook.rules[rule] : *code->code_template;
}

std::optional<size_t> Admission::GroupOf(size_t rule) const {
  const std::optional<size_t> group = Of(rule).group;
  const CodeToApply* code = CodeOf(rule);
  const bool is_own = code == nullptr || code->issued_by == nullptr ||
                      code->issued_by == &sale_->rulebook;
  if (!group || is_own) return group;
  return sale_->rulebook.FindGroup(code->issued_by->groups[*group].name);
}

std::vector<size_t> Admission::MembersOf(size_t group) const {
  const std::vector<Rule>& rules = sale_->rulebook.rules;
  std::vector<size_t> members = sale_->rulebook.groups[group].rules;
  const auto earning = std::find_if(
      members.begin(), members.end(),
      [&](size_t rule) { return StageOf(rules[rule]) == Stage::kEarning; });
  std::vector<size_t> codes;
  for (size_t i = 0; i < codes_.size(); ++i) {
    if (GroupOf(NumberOf(i)) == group) codes.push_back(NumberOf(i));
  }
  members.insert(earning, codes.begin(), codes.end());
  return members;
}

bool Admission::IsCandidate(size_t rule) const {
  return CodeOf(rule) != nullptr ||
         std::binary_search(candidates_.begin(), candidates_.end(), rule);
}

bool Admission::Holds(const Rule& rule, const Facts& facts) const {
  return (!rule.valid || IsValidAt(*rule.valid, now_)) &&
         pistis::Holds(rule.when, facts);
}

bool Admission::SelectLines(const Rule& rule, Facts& facts) {
  selects_all_ = rule.lines == nullptr;
  if (selects_all_) return true;
  lines_.clear();
  for (size_t i = 0; i < sale_->order.lines.size(); ++i) {
    facts.SetLine(i);
    if (pistis::Holds(rule.lines, facts)) lines_.push_back(i);
  }
  facts.ClearLine();
  return !lines_.empty();
}

absl::StatusOr<LimitRoom> Admission::RoomOf(size_t number,
                                            const Facts& facts) const {
  const Rule& rule = Of(number);
  for (const Limit& limit : rule.limits)
    facts.Spend(kStepsALimit + kStepsALimitDay * limit.windows);
  PISTIS_ASSIGN_OR_RETURN(
      LimitRoom room,
      pistis::RoomOf(rule, sale_->limits, sale_->member.member_id));
  if (room.is_reached || sale_->rulebook.budgets.empty()) return room;
  PISTIS_ASSIGN_OR_RETURN(
      room.is_budget_spent,
      IsOutOfTimes(sale_->rulebook, BudgetsOf(number), sale_->budgets));
  room.is_reached = room.is_budget_spent;
  return room;
}

std::vector<BudgetSum> Admission::BudgetsOf(size_t rule) const {
  if (sale_->rulebook.budgets.empty()) return {};
  const CodeToApply* code = CodeOf(rule);
  std::vector<BudgetSum> sums =
      SumsThatCount(PlaceOf(*sale_),
                    {.rule = Of(rule),
                     .issued_by = code == nullptr ? nullptr : code->issued_by});
  if (sale_->steps != nullptr) {
    sale_->steps->Spend(StepsOf(sale_->rulebook, sums));
  }
  return sums;
}

absl::StatusOr<bool> Admission::Admit(size_t rule, Facts& facts,
                                      WorthOf worth_of) {
  if (!IsCandidate(rule)) {
    sale_->trace->PassOver(*sale_, rule, facts);
    return false;
  }
  const Rule& of = Of(rule);
  TraceTurn(rule, facts);
  if (!Holds(of, facts)) return false;
  if (!SelectLines(of, facts)) {
    TraceNoLines(rule, facts);
    return false;
  }
  TraceLimits(rule);
  PISTIS_ASSIGN_OR_RETURN(const LimitRoom room, RoomOf(rule, facts));
  if (room.is_reached) {
    Withhold(rule, room.is_budget_spent ? Withheld::kBudgetSpent
                                        : Withheld::kLimitReached);
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

void Admission::TraceTurn(size_t rule, Facts& facts) const {
  if (sale_->trace == nullptr) return;
  if (const CodeToApply* code = CodeOf(rule)) {
    sale_->trace->Begin(*sale_, *code, facts);
  } else {
    sale_->trace->Begin(*sale_, rule, facts);
  }
}

void Admission::TraceLimits(size_t rule) const {
  if (sale_->trace == nullptr) return;
  if (const CodeToApply* code = CodeOf(rule)) {
    sale_->trace->SeeLimits(*sale_, *code);
  } else {
    sale_->trace->SeeLimits(*sale_, rule);
  }
}

void Admission::TraceNoLines(size_t rule, Facts& facts) const {
  if (sale_->trace == nullptr || CodeOf(rule) != nullptr) return;
  if (sale_->rulebook.rules[rule].discount) {
    sale_->trace->SelectForDiscount(*sale_, rule, facts);
  } else {
    sale_->trace->SelectForEarning(*sale_, rule, facts);
  }
}

void Admission::Take(size_t rule) {
  const std::optional<size_t> group = GroupOf(rule);
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
  const CodeToApply* code = CodeOf(rule);
  withheld_.push_back(code == nullptr
                          ? WithheldRule{.rule_id = Of(rule).id, .why = why}
                          : WithheldRule{.why = why, .code = code->typed});
}

absl::StatusOr<std::optional<Withheld>> Admission::KeptOut(size_t rule,
                                                           Facts& facts,
                                                           WorthOf worth_of) {
  const std::optional<size_t> index = GroupOf(rule);
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
        SelectLines(Of(rule), facts);
        groups_[*index].best = best.rule;
        if (best.is_worth_anything) TakeGroup(*index);
      }
      if (groups_[*index].best != rule) return Withheld::kNotBest;
      return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<Admission::Best> Admission::BestFrom(size_t rule, Facts& facts,
                                                    WorthOf worth_of) {
  const std::vector<size_t> rules = MembersOf(*GroupOf(rule));
  std::optional<size_t> best;
  RuleWorth most;
  for (auto at = std::find(rules.begin(), rules.end(), rule); at != rules.end();
       ++at) {
    if (!IsCandidate(*at)) continue;
    const Rule& of = Of(*at);
    if (!Holds(of, facts) || !SelectLines(of, facts)) continue;
    PISTIS_ASSIGN_OR_RETURN(const LimitRoom room, RoomOf(*at, facts));
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
