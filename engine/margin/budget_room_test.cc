// What budgets leave of random sales, worked out again from what was granted.
#include "engine/margin/budget_room.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/margin/cap_books_test.h"
#include "engine/margin/guard.h"
#include "rapidcheck/gtest.h"
#include "tests/support/random_sale.h"

namespace pistis {
namespace {

// Budgets of a random sale: the first counts every discount, the others some.
struct BudgetedSale {
  RandomSale sale;
  std::vector<Money> left;
};

BudgetedSale AnyBudgets() {
  BudgetedSale budgeted{.sale = AnySale(), .left = {}};
  RandomSale& sale = budgeted.sale;
  if (sale.rulebook.margin) {
    sale.rulebook.margin->on_exceed = OnExceed::kTrim;
  }
  int64_t asked = 1;
  for (const ProposedDiscount& discount : sale.proposal.discounts)
    asked += discount.requested.value();
  const auto count = *rc::gen::inRange<size_t>(1, 4);
  for (size_t i = 0; i < count; ++i) {
    sale.rulebook.budgets.push_back({.id = absl::StrCat("b", i)});
    const Money left(*rc::gen::inRange<int64_t>(0, asked + 1));
    budgeted.left.push_back(left);
    sale.rulebook.budgets.back().max_discount = left;
    for (ProposedDiscount& discount : sale.proposal.discounts) {
      const bool is_counted = i == 0 || *rc::gen::arbitrary<bool>();
      if (is_counted) discount.budgets.push_back({.budget = i, .of = ""});
    }
  }
  return budgeted;
}

Grant GrantWithin(const RandomSale& sale) {
  RC_LOG() << sale;
  absl::StatusOr<BudgetRoom> room =
      BudgetRoom::Open(sale.rulebook, sale.proposal,
                       [](const BudgetSum&) { return BudgetUse(); });
  RC_ASSERT(room.ok());
  absl::StatusOr<Grant> grant =
      GrantBenefits(sale.rulebook, sale.order, sale.proposal, nullptr, &*room);
  RC_ASSERT(grant.ok());
  return *std::move(grant);
}

bool Counts(const ProposedDiscount& discount, size_t budget) {
  return std::any_of(
      discount.budgets.begin(), discount.budgets.end(),
      [&](const BudgetSum& sum) { return sum.budget == budget; });
}

std::vector<Money> SpentOf(const RandomSale& sale, const Grant& grant) {
  std::vector<Money> spent(sale.rulebook.budgets.size());
  for (size_t i = 0; i < spent.size(); ++i) {
    for (size_t d = 0; d < grant.discounts.size(); ++d) {
      if (!Counts(sale.proposal.discounts[d], i)) continue;
      spent[i] += grant.discounts[d].shipping;
      for (const Money share : grant.discounts[d].shares)
        spent[i] += share;
    }
  }
  return spent;
}

RC_GTEST_PROP(BudgetRoomProperty, NoBudgetIsOverspentAndNoCapBroken, ()) {
  const BudgetedSale budgeted = AnyBudgets();
  const Grant grant = GrantWithin(budgeted.sale);
  const std::vector<Money> spent = SpentOf(budgeted.sale, grant);
  for (size_t i = 0; i < spent.size(); ++i)
    RC_ASSERT(spent[i] <= budgeted.left[i]);
  Books books(budgeted.sale);
  for (const Benefit& benefit : InOrder(budgeted.sale.proposal, grant))
    books.Add(benefit);
  RC_ASSERT(books.Hold());
}

RC_GTEST_PROP(BudgetRoomProperty, WhatABudgetCutsIsUsedToTheLastUnit, ()) {
  const BudgetedSale budgeted = AnyBudgets();
  const RandomSale& sale = budgeted.sale;
  const Grant grant = GrantWithin(sale);
  const std::vector<Money> spent = SpentOf(sale, grant);
  for (size_t d = 0; d < grant.discounts.size(); ++d) {
    const GrantedDiscount& granted = grant.discounts[d];
    const bool is_cut = std::any_of(
        granted.cuts.begin(), granted.cuts.end(), [](const CapCut& cut) {
          return absl::StartsWith(cut.cap_id, "budgets.");
        });
    // One that is not given at all leaves its room to others.
    const ProposedDiscount& proposed = sale.proposal.discounts[d];
    if (!is_cut || (granted.amount.is_zero() && proposed.minimum > Money())) {
      continue;
    }
    bool is_one_full = false;
    for (size_t i = 0; i < spent.size(); ++i) {
      is_one_full =
          is_one_full || (Counts(proposed, i) && spent[i] == budgeted.left[i]);
    }
    RC_ASSERT(is_one_full);
  }
}

RC_GTEST_PROP(BudgetRoomProperty, EnoughOfItChangesNothing, ()) {
  BudgetedSale budgeted = AnyBudgets();
  const absl::StatusOr<Grant> without = GrantBenefits(
      budgeted.sale.rulebook, budgeted.sale.order, budgeted.sale.proposal);
  RC_ASSERT(without.ok());
  const std::vector<Money> asked = SpentOf(budgeted.sale, *without);
  for (size_t i = 0; i < asked.size(); ++i)
    budgeted.sale.rulebook.budgets[i].max_discount = asked[i];
  const Grant within = GrantWithin(budgeted.sale);
  for (size_t d = 0; d < within.discounts.size(); ++d) {
    RC_ASSERT(within.discounts[d].shares == without->discounts[d].shares);
    RC_ASSERT(within.discounts[d].shipping == without->discounts[d].shipping);
  }
  RC_ASSERT(within.redeemed == without->redeemed);
}

// Rules that earn under one budget of points.
Earned EarnedBy(const std::vector<int64_t>& points) {
  Earned earned;
  for (size_t i = 0; i < points.size(); ++i) {
    const std::string rule = absl::StrCat("r", i);
    earned.by_rule.push_back({.rule_id = rule, .points = Points(points[i])});
    earned.points += Points(points[i]);
    earned.budgeted.push_back({.rule_id = rule,
                               .lines = {0, 1},
                               .budgets = {{.budget = 0, .of = ""}}});
  }
  const int64_t half = earned.points.value() / 2;
  earned.line_points = {Points(half), earned.points - Points(half)};
  return earned;
}

Earned TrimmedTo(int64_t most, Earned earned) {
  Rulebook rulebook;
  rulebook.budgets.push_back({.id = "b", .max_points = Points(most)});
  absl::StatusOr<BudgetRoom> room = BudgetRoom::Open(
      rulebook, {}, [](const BudgetSum&) { return BudgetUse(); });
  EXPECT_TRUE(room.ok());
  EXPECT_TRUE(TrimPoints(*room, earned).ok());
  return earned;
}

TEST(TrimPointsTest, ARuleThatTakesPointsAwayTakesItsPartOfWhatIsLeft) {
  const Earned whole = TrimmedTo(70, EarnedBy({80, -30, 20}));
  EXPECT_EQ(whole.points, Points(70));
  const Earned cut = TrimmedTo(60, EarnedBy({80, -30, 20}));
  EXPECT_EQ(cut.by_rule[0].points, Points(60));
  EXPECT_EQ(cut.by_rule[1].points, Points(-18));
  EXPECT_EQ(cut.by_rule[2].points, Points());
  EXPECT_EQ(cut.points, Points(42));
  const Earned none = TrimmedTo(0, EarnedBy({80, -30}));
  EXPECT_EQ(none.points, Points());
  EXPECT_EQ(none.by_rule[1].points, Points());
}

RC_GTEST_PROP(TrimPointsProperty, PointsStayWithinAndSumByRuleAndLine, ()) {
  const auto points = *rc::gen::container<std::vector<int64_t>>(
      rc::gen::inRange<int64_t>(0, 50));
  const auto most = *rc::gen::inRange<int64_t>(0, 200);
  const Earned earned = TrimmedTo(most, EarnedBy(points));
  Points by_rule;
  for (const RulePoints& of : earned.by_rule)
    by_rule += of.points;
  int64_t asked = 0;
  for (const int64_t of : points)
    asked += of;
  RC_ASSERT(earned.points.value() == std::min(asked, most));
  RC_ASSERT(by_rule == earned.points);
  RC_ASSERT(earned.line_points[0] + earned.line_points[1] == earned.points);
}

}  // namespace
}  // namespace pistis
