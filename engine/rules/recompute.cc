#include "engine/rules/recompute.h"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"

namespace pistis {
namespace {

Money ShareKept(const SoldLine& sold, Money whole) {
  return whole - ShareReturned(sold, whole);
}

OrderLine KeptLine(OrderLine line, const SoldLine& sold) {
  line.quantity -= sold.returned_quantity;
  line.amount -= sold.returned;
  line.tax = ShareKept(sold, line.tax);
  if (line.cost) line.cost = ShareKept(sold, *line.cost);
  return line;
}

// Both shares are rounded up, so together they may pass what the line costs by
// one.
LinePayment KeptPayment(const SoldLine& sold) {
  const Money amount = sold.amount - sold.returned;
  const Money discount = ShareKept(sold, sold.discount);
  return {
      .discount = discount,
      .redeemed = std::min(ShareKept(sold, sold.redeemed), amount - discount)};
}

// With the codes that apply, instead of refusing the order for one that does
// not.
absl::StatusOr<Proposed> ProposeWhatApplies(
    const SaleView& sale, const std::vector<CodeToApply>& codes) {
  std::vector<CodeToApply> applying;
  for (const CodeToApply& code : codes) {
    applying.push_back(code);
    if (!ProposeBenefits(sale, applying).ok()) applying.pop_back();
  }
  return ProposeBenefits(sale, applying);
}

}  // namespace

Order KeptOrder(const Order& order, absl::Span<const SoldLine> sold) {
  if (order.lines.size() != sold.size()) std::abort();
  Order kept = order;
  kept.redeem.reset();
  kept.lines.clear();
  for (size_t i = 0; i < sold.size(); ++i) {
    if (sold[i].is_returned()) continue;
    kept.lines.push_back(KeptLine(order.lines[i], sold[i]));
  }
  return kept;
}

absl::StatusOr<Points> RecomputePoints(const SaleView& sale,
                                       absl::Span<const SoldLine> sold,
                                       const KeptCodes& codes) {
  Points earned;
  std::vector<LinePayment> payments;
  for (const SoldLine& line : sold) {
    earned += line.points;
    if (!line.is_returned()) payments.push_back(KeptPayment(line));
  }
  const Order kept = KeptOrder(sale.order, sold);
  StepMeter steps(kMostOrderSteps);
  const SaleView of_kept{.rulebook = sale.rulebook,
                         .order = kept,
                         .member = sale.member,
                         .time = sale.time,
                         .limits = sale.limits,
                         .steps = &steps};
  // Proposed once more only for what rules with a discount decide.
  PISTIS_ASSIGN_OR_RETURN(Proposed proposed,
                          ProposeWhatApplies(of_kept, codes.earning));
  const absl::StatusOr<Earned> recomputed =
      EarnBenefits(of_kept, payments, std::move(proposed.admission));
  if (steps.is_spent()) {
    return absl::ResourceExhaustedError("the conditions take too many steps");
  }
  // More points than one order may earn are more than this one did.
  if (!recomputed.ok()) return earned;
  Points kept_points;
  for (const RulePoints& points : recomputed->by_rule) {
    if (codes.kept_out.count(points.rule_id) == 0) {
      kept_points += points.points;
    }
  }
  return std::min(kept_points, earned);
}

}  // namespace pistis
