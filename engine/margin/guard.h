// The margin guard: proposed benefits in, granted benefits out, and no cap
// broken.
#ifndef PISTIS_ENGINE_MARGIN_GUARD_H_
#define PISTIS_ENGINE_MARGIN_GUARD_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/amount.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/proposal.h"
#include "engine/rules/step_meter.h"

namespace pistis {

// A cap that cut something. `limit`, `requested` and `granted` are in the cap's
// own measure: as priced, or without tax for a cap on the margin. `requested`
// is above `limit`; of a cap on the order it is what the lines allow of all
// benefits.
struct BoundCap {
  std::string cap_id;
  // Empty for a cap on the order.
  std::string line_id;
  Money limit;
  Money requested;
  Money granted;
  // Of a budget: BudgetSum::of.
  std::string budget_of = {};
  // What the limit is worked out from, as CapBase::amount; nothing of a fixed
  // amount. And the least that would allow all of `requested`; nothing where
  // none would. Where another cap cut what came before, less may do.
  std::optional<Money> base = {};
  std::optional<Money> needed_base = {};
};

// What one cap took of one benefit: `left` is what the cap still allowed when
// the benefit had its turn, `requested` what was asked of it then, both in the
// cap's own measure.
struct CapCut {
  std::string cap_id;
  // Empty for a cap on the order.
  std::string line_id;
  Money left;
  Money requested;
};

// Without tax.
struct MarginFigures {
  // Net revenue before discounts, without shipping; and what discounts, those
  // on shipping too, and counted points took.
  Money revenue_before;
  Money given;
  Money cost;

  [[nodiscard]] Money before() const { return revenue_before - cost; }
  [[nodiscard]] Money after() const { return before() - given; }
};

struct GrantedDiscount {
  Money amount;
  // By line; with `shipping` they sum to `amount`.
  std::vector<Money> shares;
  Money shipping;
  // The caps that allowed less than was asked for, as CapRoom::CutsOf says.
  std::vector<CapCut> cuts;
};

class CapRoom;

struct Grant {
  // One for each proposed discount, in the same order.
  std::vector<GrantedDiscount> discounts;
  Points redeemed_points;
  Money redeemed;
  // By line; sums to `redeemed`.
  std::vector<Money> redeemed_shares;
  // As of a discount.
  std::vector<CapCut> redeemed_cuts;
  // By line: the sum of the discounts' shares.
  std::vector<Money> line_discounts;
  Money shipping_discount;
  std::vector<BoundCap> caps;
  // Nothing where the rulebook has no margin policy.
  std::optional<MarginFigures> margin;
  // Where the rulebook counts earned points, what its caps leave for them
  // (EarnedRoom, which lets go of it); else null. Refers to what the benefits
  // were granted by.
  std::shared_ptr<CapRoom> room = {};

  [[nodiscard]] Money discount() const;
};

// Grants as much of `proposal` as the rulebook's caps allow, the highest
// priority first, so that what is cut is cut from the lowest up; of equal
// priorities what comes later in the order of work is cut first. The result is
// maximal: no benefit could get one more minor unit on any line without
// breaking a cap or what a higher one got. A discount of which the caps allow
// less than its minimum is not granted at all, and makes room for lower ones.
//
// With S the subtotal, D the discounts and counted points, S' and D' the same
// without tax, C the cost: D <= max_discount * S; D <= max_discount_amount; D'
// <= max_share_of_margin * max(S' - C, 0); and where D' > 0, S' - D' - C >=
// min_margin * (S' - D'). The same for the lines of each category that has
// caps; and on each line, counting discounts alone, also net amount - net
// discount >= cost. A line's net discount carries its share of tax, rounded
// against the discount. A line whose margin is negative gets no discount. A
// discount on shipping counts in the order's D and D' in full; S and C know no
// shipping. Lines of excluded categories count nowhere and get no discount.
//
// What it costs is charged to `steps`, where that is not null; once they are
// spent, what is granted is not to be relied on.
//
// Discounts take from `budgets`, too, where that is not null, and never more
// than it has left; which of the two cut is in `caps` and `cuts`.
//
// Refusals: MARGIN_CAP where a cap bound, BUDGET_SPENT where a budget did, and
// the rulebook says on_exceed: refuse.
class BudgetRoom;
absl::StatusOr<Grant> GrantBenefits(const Rulebook& rulebook,
                                    const Order& order,
                                    const Proposal& proposal,
                                    StepMeter* steps = nullptr,
                                    BudgetRoom* budgets = nullptr);

// `line`'s amount without tax.
[[nodiscard]] Money NetAmount(const Rulebook& rulebook, const OrderLine& line);

// `part` of the line's amount without the line's share of tax, rounded up.
[[nodiscard]] Money NetDiscount(const Rulebook& rulebook, const OrderLine& line,
                                Money part);

// What is paid for the line without tax after `discount`; nothing for what is
// no sale.
[[nodiscard]] Money NetSales(const Rulebook& rulebook, const OrderLine& line,
                             Money discount);

// The line's cost: as stated, by its category, or as the policy for unknown
// cost says; nothing where that refuses discounts.
[[nodiscard]] std::optional<Money> LineCost(const Rulebook& rulebook,
                                            const MarginPolicy& policy,
                                            const OrderLine& line);

}  // namespace pistis

#endif  // PISTIS_ENGINE_MARGIN_GUARD_H_
