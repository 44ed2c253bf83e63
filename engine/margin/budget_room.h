// What budgets still allow while the benefits of one order are granted.
#ifndef PISTIS_ENGINE_MARGIN_BUDGET_ROOM_H_
#define PISTIS_ENGINE_MARGIN_BUDGET_ROOM_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/amount.h"
#include "engine/margin/guard.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/benefits.h"
#include "engine/rules/budgets.h"

namespace pistis {

// Keeps, for each sum of a budget that concerns the order, what it has left.
// Refers to the rulebook, which must outlive it. Not synchronised.
class BudgetRoom {
 public:
  // Room without end: no budget limits anything.
  explicit BudgetRoom(const Rulebook& rulebook) : rulebook_(&rulebook) {}

  // Reads what the sums have come to that count a discount of `proposal`. Fails
  // where `book` does; a null one limits nothing.
  static absl::StatusOr<BudgetRoom> Open(const Rulebook& rulebook,
                                         const Proposal& proposal,
                                         BudgetBook book);

  // The most that all sums which count a discount allow it; nothing: any
  // amount.
  [[nodiscard]] std::optional<Money> Most(
      const std::vector<BudgetSum>& sums) const;

  // Takes what is granted of a discount, at most what Most says; `requested`
  // goes into the report.
  void Take(const std::vector<BudgetSum>& sums, Money granted, Money requested);

  // The budgets that allow less than `requested`; to be asked before what is
  // granted is taken.
  [[nodiscard]] std::vector<CapCut> CutsOf(const std::vector<BudgetSum>& sums,
                                           Money requested) const;

  // True where all sums have so many points. Fails where the book does.
  absl::StatusOr<bool> HasPoints(const std::map<BudgetSum, Points>& asked);
  // Takes as much as the sums allow of the points that a rule earns, above
  // zero, and tells how many that is. Fails where the book does.
  absl::StatusOr<Points> TakePoints(const std::vector<BudgetSum>& sums,
                                    Points points);

  // The budgets that cut discounts, and those that cut points, in the
  // rulebook's order.
  [[nodiscard]] std::vector<BoundCap> BoundOnDiscounts() const;
  [[nodiscard]] std::vector<BoundCap> BoundOnPoints() const;

 private:
  template <typename Amount>
  struct Room {
    // Nothing: no limit.
    std::optional<Amount> left;
    std::optional<Amount> limit;
    Amount requested;
    Amount granted;
    bool cut = false;

    void Take(Amount amount, Amount asked);
  };
  struct SumRoom {
    Room<Money> discount;
    Room<Points> points;
  };

  absl::StatusOr<SumRoom*> RoomOf(const BudgetSum& sum);
  // What a sum has left of discounts; nothing: no limit.
  [[nodiscard]] std::optional<Money> LeftOf(const BudgetSum& sum) const;
  template <typename Amount>
  [[nodiscard]] std::vector<BoundCap> BoundOn(Room<Amount> SumRoom::*measure,
                                              const std::string& name) const;

  const Rulebook* rulebook_;
  BudgetBook book_;
  std::map<BudgetSum, SumRoom> rooms_;
};

// Cuts what the order earns to what budgets leave, the rules that come last
// first; nothing where all that rules give, less what they take away, is left.
// What rules take away is cut in proportion. A rule is cut on the lines that it
// selects.
absl::Status TrimPoints(BudgetRoom& room, Earned& earned);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_BUDGET_ROOM_H_
