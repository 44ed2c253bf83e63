// What an order gets: rules, margin guard and earning in a row. Pure.
#ifndef PISTIS_ENGINE_OPERATIONS_PRICE_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_PRICE_ORDER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "pistis/v1/order.pb.h"

#include "engine/margin/guard.h"
#include "engine/order/order.h"
#include "engine/order/refund.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/benefits.h"
#include "engine/rules/budgets.h"

namespace pistis {

// What a rule or code with limits gives an order; not nothing.
struct LimitedGift {
  // Lives as long as its rulebook.
  const Rule* rule = nullptr;
  // Before multiplying.
  Points points;
  Money discount;
};

// What a code gives an order; nothing where it is not used up.
struct CodeGift {
  Money discount;
  Points points;
  // The points that it asked for, before caps and budgets cut them.
  Points asked_points;

  [[nodiscard]] bool is_nothing() const {
    return discount.is_zero() && points.is_zero();
  }
};

// An order with all that it gets.
struct PricedOrder {
  Proposal proposal;
  Grant grant;
  Earned earned;
  // By line, with nothing returned yet: what refunds share out.
  std::vector<SoldLine> sold;
  // In the order of the codes that were typed.
  std::vector<CodeGift> codes;
  // What counts against limits when the order commits.
  std::vector<LimitedGift> gifts;
  // And against budgets; ascending by sum.
  std::vector<BudgetGift> budgeted;
  Money subtotal;
  // To pay: with tax on top and shipping, less discounts and points.
  Money total;
};

// Refusals: FIELD_INVALID (tax above the amount that contains it, another
// currency, a redemption out of shape), INSUFFICIENT_POINTS,
// CODE_NOT_APPLICABLE, MARGIN_CAP, BUDGET_SPENT, POINTS_OVERFLOW, LIMIT_REACHED
// (the conditions take more steps than one order may).
absl::StatusOr<PricedOrder> PriceOrder(const SaleView& sale,
                                       absl::Span<const CodeToApply> codes);

// At most this many withheld rules are told.
inline constexpr size_t kMaxToldWithheld = 100;

[[nodiscard]] v1::WithheldRule ToMessage(const WithheldRule& rule);

// What the program's sums count a cap as: those of all categories are one, or
// the sums would grow with every category that ever had a cap.
[[nodiscard]] std::string SummedCap(const std::string& cap_id);

// Tells it in `quote`, which must be empty.
void FillQuote(const Rulebook& rulebook, const PricedOrder& priced,
               v1::Quote& quote);
// The same as a message of its own.
[[nodiscard]] v1::Quote ToQuote(const Rulebook& rulebook,
                                const PricedOrder& priced);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PRICE_ORDER_H_
