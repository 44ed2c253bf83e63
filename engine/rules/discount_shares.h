// What a discount takes off which line. Pure.
#ifndef PISTIS_ENGINE_RULES_DISCOUNT_SHARES_H_
#define PISTIS_ENGINE_RULES_DISCOUNT_SHARES_H_

#include <vector>

#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// The lines of an order as one discount sees them, each vector by line.
struct DiscountedLines {
  absl::Span<const OrderLine> lines;
  // What earlier discounts left.
  absl::Span<const Money> remaining;
  // Which the discount is on, and which count as bought for it.
  std::vector<bool> selected;
  std::vector<bool> bought;
};

// By line, what `discount` takes: never more than the line has left. Nothing on
// lines that are not selected, and nothing at all where the sum would be below
// the discount's minimum. A discount on shipping takes nothing off lines.
[[nodiscard]] std::vector<Money> DiscountShares(const Discount& discount,
                                                const DiscountedLines& order,
                                                MoneyRounding rounding);

// The same off `shipping`.
[[nodiscard]] Money ShippingShare(const Discount& discount, Money shipping,
                                  MoneyRounding rounding);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_DISCOUNT_SHARES_H_
