// Which budgets count what a sale gets, and what they have come to.
#ifndef PISTIS_ENGINE_RULES_BUDGETS_H_
#define PISTIS_ENGINE_RULES_BUDGETS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// A sum that a budget keeps, in the window at hand.
struct BudgetSum {
  // Index into Rulebook::budgets of the sale's rulebook.
  size_t budget = 0;
  // Whose: empty for the program, else the member, the store, "store/terminal"
  // (a stroke in the store written "\\/"),
  // the rule ("code/thank-you" of a code), or the group ("group/welcome").
  std::string of;

  friend bool operator==(const BudgetSum&, const BudgetSum&) = default;
  friend bool operator<(const BudgetSum& a, const BudgetSum& b) {
    return std::tie(a.budget, a.of) < std::tie(b.budget, b.of);
  }
};

// What a sum has come to.
struct BudgetUse {
  int64_t times = 0;
  Points points;
  Money discount;
  // Net sales; zero where the budget is no part of them.
  Money sales;

  friend bool operator==(const BudgetUse&, const BudgetUse&) = default;
};

// What a sale or an event adds to a sum.
struct BudgetGift {
  BudgetSum sum;
  Money discount;
  Points points;
  // Net sales of goods, where the budget is a part of them.
  Money sales;
  // 1 where something is given that the budget counts.
  int64_t times = 0;
  // True: that stays when it comes back, as a code that was issued does.
  bool keeps_times = false;
  // The places of the discounts that are counted; empty: all.
  std::vector<int> discounts;
};

// Tells what a sum has come to without the sale at hand. The same answer for
// the same question as long as a sale is worked on. Fails where storage does.
// Null: no budget limits anything.
using BudgetBook =
    std::function<absl::StatusOr<BudgetUse>(const BudgetSum& sum)>;

// Where and to whom something is given. Refers to what it is made of.
struct BudgetPlace {
  const Rulebook& rulebook;
  const MemberId& member;
  const std::string& store;
  const std::string& terminal;
};

// A rule or code, and the rulebook that states it; null: that of the place.
struct BudgetedRule {
  const Rule& rule;
  const Rulebook* issued_by = nullptr;
};

// The sums that count what `rule` gives there, ascending; each budget at most
// once. None per member where there is no member.
[[nodiscard]] std::vector<BudgetSum> SumsThatCount(const BudgetPlace& place,
                                                   const BudgetedRule& rule);

// The steps that it costs to find, read and charge `sums`: those that many
// rules share are charged to none of them.
[[nodiscard]] int64_t StepsOf(const Rulebook& rulebook,
                              const std::vector<BudgetSum>& sums);

// The sum of a budget that counts everything there, whatever gives it; nothing
// per member where there is no member. Not for budgets by rule and campaign.
[[nodiscard]] std::optional<BudgetSum> SumOfPlace(const BudgetPlace& place,
                                                  size_t budget);

// What `budget` allows of discounts after `use`; nothing: any number.
[[nodiscard]] std::optional<Money> MostDiscount(const Budget& budget,
                                                const BudgetUse& use);
// What is left of that, and of the points; never below zero.
[[nodiscard]] std::optional<Money> DiscountLeft(const Budget& budget,
                                                const BudgetUse& use);
[[nodiscard]] std::optional<Points> PointsLeft(const Budget& budget,
                                               const BudgetUse& use);

// True where one of the sums has no order left that may get anything.
absl::StatusOr<bool> IsOutOfTimes(const Rulebook& rulebook,
                                  const std::vector<BudgetSum>& sums,
                                  const BudgetBook& book);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_BUDGETS_H_
