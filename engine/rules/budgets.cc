#include "engine/rules/budgets.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "engine/base/status_macros.h"
#include "engine/rules/limits.h"
#include "engine/rules/step_meter.h"

namespace pistis {
namespace {

std::string CampaignOf(const BudgetPlace& place, const BudgetedRule& rule) {
  if (!rule.rule.group) return absl::StrCat("rule/", HolderOf(rule.rule));
  const Rulebook& of =
      rule.issued_by == nullptr ? place.rulebook : *rule.issued_by;
  return absl::StrCat("group/", of.groups[*rule.rule.group].name);
}

bool Names(const BudgetPlace& place, const BudgetedRule& rule, size_t budget) {
  if (!rule.rule.budget) return false;
  if (rule.issued_by == nullptr || rule.issued_by == &place.rulebook) {
    return *rule.rule.budget == budget;
  }
  return rule.issued_by->budgets[*rule.rule.budget].id ==
         place.rulebook.budgets[budget].id;
}

}  // namespace

std::optional<BudgetSum> SumOfPlace(const BudgetPlace& place, size_t budget) {
  switch (place.rulebook.budgets[budget].scope) {
    case BudgetScope::kProgram:
      return BudgetSum{.budget = budget, .of = ""};
    case BudgetScope::kMember:
      if (place.member.empty()) return std::nullopt;
      return BudgetSum{.budget = budget, .of = place.member.text()};
    case BudgetScope::kStore:
      return BudgetSum{.budget = budget, .of = place.store};
    case BudgetScope::kTerminal:
      // Each store may count its terminals from one.
      return BudgetSum{
          .budget = budget,
          .of = absl::StrCat(
              absl::StrReplaceAll(place.store, {{"\\", "\\\\"}, {"/", "\\/"}}),
              "/", place.terminal)};
    case BudgetScope::kCampaign:
    case BudgetScope::kRule:
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<BudgetSum> SumsThatCount(const BudgetPlace& place,
                                     const BudgetedRule& rule) {
  std::vector<BudgetSum> sums;
  const std::vector<Budget>& budgets = place.rulebook.budgets;
  for (size_t i = 0; i < budgets.size(); ++i) {
    if (!budgets[i].counts_all && !Names(place, rule, i)) continue;
    if (budgets[i].scope == BudgetScope::kRule) {
      sums.push_back({.budget = i, .of = HolderOf(rule.rule)});
    } else if (budgets[i].scope == BudgetScope::kCampaign) {
      sums.push_back({.budget = i, .of = CampaignOf(place, rule)});
    } else if (std::optional<BudgetSum> sum = SumOfPlace(place, i)) {
      sums.push_back(*std::move(sum));
    }
  }
  return sums;
}

int64_t StepsOf(const Rulebook& rulebook, const std::vector<BudgetSum>& sums) {
  int64_t steps = kStepsABudget * static_cast<int64_t>(rulebook.budgets.size());
  for (const BudgetSum& sum : sums) {
    const Budget& budget = rulebook.budgets[sum.budget];
    if (budget.scope != BudgetScope::kRule &&
        budget.scope != BudgetScope::kCampaign) {
      continue;
    }
    steps += kStepsABudgetSum + kStepsALimitDay * budget.windows;
  }
  return steps;
}

std::optional<Money> MostDiscount(const Budget& budget, const BudgetUse& use) {
  if (budget.max_discount) return budget.max_discount;
  if (!budget.max_share) return std::nullopt;
  return budget.max_share->OfDown(std::max(use.sales, Money()));
}

std::optional<Money> DiscountLeft(const Budget& budget, const BudgetUse& use) {
  const std::optional<Money> most = MostDiscount(budget, use);
  if (!most) return std::nullopt;
  return std::max(*most - use.discount, Money());
}

std::optional<Points> PointsLeft(const Budget& budget, const BudgetUse& use) {
  if (!budget.max_points) return std::nullopt;
  return std::max(*budget.max_points - use.points, Points());
}

absl::StatusOr<bool> IsOutOfTimes(const Rulebook& rulebook,
                                  const std::vector<BudgetSum>& sums,
                                  const BudgetBook& book) {
  if (!book) return false;
  for (const BudgetSum& sum : sums) {
    const std::optional<int64_t>& most = rulebook.budgets[sum.budget].max_times;
    if (!most) continue;
    PISTIS_ASSIGN_OR_RETURN(const BudgetUse use, book(sum));
    if (use.times >= *most) return true;
  }
  return false;
}

}  // namespace pistis
