// What an order would have earned had only the kept lines been bought. Pure.
#ifndef PISTIS_ENGINE_RULES_RECOMPUTE_H_
#define PISTIS_ENGINE_RULES_RECOMPUTE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/order/order.h"
#include "engine/order/refund.h"
#include "engine/rules/benefits.h"

namespace pistis {

// `order` reduced to what is left of its lines: amounts, tax, cost and units
// less what came back of them; a line of which nothing is left is absent. The
// rest of the order is as it was sold; nothing is redeemed any more. `sold` has
// one entry for each line, in the order's line order.
[[nodiscard]] Order KeptOrder(const Order& order,
                              absl::Span<const SoldLine> sold);

// What the sale's codes did to its points.
struct KeptCodes {
  // Those that earned points; one whose condition does not hold any more earns
  // none.
  std::vector<CodeToApply> earning;
  // Rules that may have been kept out by a code: theirs do not count.
  std::set<std::string> kept_out;
};

// The points that the kept part of an order earns; `sale` is the order, the
// rulebook, the member and the time as the sale saw them.
//
// Every condition is decided anew on KeptOrder, so that thresholds which are no
// longer met fall away, those of rules with a discount too. The discounts and
// the redeemed points themselves stay as they were granted, each line keeping
// its share (SoldLine::discount, ::redeemed) less what came back of it.
//
// Never more than the order earned (the sum of SoldLine::points), exactly that
// while nothing has come back, and nothing once all has. Between these a
// further return may raise it, where a rule rewards small orders: it is the
// caller's to let no refund give points.
// Fails where the sale's limits do, and with kResourceExhausted where the
// conditions take more steps than one order may.
absl::StatusOr<Points> RecomputePoints(const SaleView& sale,
                                       absl::Span<const SoldLine> sold,
                                       const KeptCodes& codes = {});

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_RECOMPUTE_H_
