// What budgets have counted, in and out of storage.
#ifndef PISTIS_ENGINE_OPERATIONS_BUDGET_USES_H_
#define PISTIS_ENGINE_OPERATIONS_BUDGET_USES_H_

#include <map>
#include <vector>

#include "absl/status/statusor.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/price_order.h"
#include "engine/operations/window_sums.h"
#include "engine/order/refund.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/budgets.h"
#include "engine/rules/event_rules.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// What was charged, what was given back since not taken off.
[[nodiscard]] store::v1::LimitRecord SumOf(
    const store::v1::BudgetUseRecord& use);

// The windows that a sum of a budget is kept in.
[[nodiscard]] WindowSeries SeriesOf(const ProgramId& program,
                                    const Budget& budget,
                                    const std::string& of);

// What the sums of the rulebook's budgets have come to in the windows that the
// time of `question` lies in, read as it is asked for. Refers to
// `question.reader` and `rulebook`.
[[nodiscard]] BudgetBook BudgetsInStore(LimitQuestion question,
                                        const Rulebook& rulebook);

// Remembers what a book answers, so that it is asked once. Not synchronised.
class BudgetsSeen {
 public:
  explicit BudgetsSeen(BudgetBook book) : book_(std::move(book)) {}
  BudgetsSeen(const BudgetsSeen&) = delete;
  BudgetsSeen& operator=(const BudgetsSeen&) = delete;

  // The book that remembers; must not outlive this.
  [[nodiscard]] BudgetBook Book();

  // Adds what was answered, where it was not nothing.
  void KeepIn(store::v1::OrderRecord& order) const;

 private:
  const BudgetBook book_;
  std::map<BudgetSum, BudgetUse> seen_;
};

// A book that answers as when the order was priced, by the same rulebook.
[[nodiscard]] BudgetBook BudgetsAsSeen(const store::v1::OrderRecord& order);

// What was charged: what the order, reservation or occasion is to keep of it,
// and what is to be told.
struct ChargedBudgets {
  std::vector<store::v1::BudgetUseRecord> uses;
  std::vector<v1::BudgetReached> reached;
};

// Adds what something gets to the sums of budgets. `question.reader` must show
// what this commit has charged to them before.
absl::StatusOr<ChargedBudgets> ChargeBudgets(
    const LimitQuestion& question, const Rulebook& rulebook,
    const std::vector<BudgetGift>& gifts, WriteSet& writes);

using BudgetUseRecords =
    google::protobuf::RepeatedPtrField<store::v1::BudgetUseRecord>;

// Gives back all of it that was not given back before, but times that stay, and
// says so in `uses`: of a reservation that ends, of an occasion that is undone.
absl::Status GiveBackBudgets(const Reader& reader, const ProgramId& program,
                             BudgetUseRecords& uses, WriteSet& writes);

// An order of which something came back, as its record tells, and the rulebook
// of its sale.
struct ReturnedOrder {
  const ProgramId& program;
  const Rulebook& of_sale;
  store::v1::OrderRecord& order;
};

// Gives back the part of it in which the order has come back by now, less what
// was given back before: to the windows it was taken from. Discounts and net
// sales by line; points as they were taken back, where the budget counts all
// of the order's, else with the whole order, as times.
absl::Status ReturnBudgets(const Reader& reader, const ReturnedOrder& returned,
                           WriteSet& writes);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_BUDGET_USES_H_
