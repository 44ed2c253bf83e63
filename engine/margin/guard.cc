#include "engine/margin/guard.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/margin/budget_room.h"
#include "engine/margin/cap_room.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

constexpr absl::string_view kMaxShare = "points.redeem.max_share";

// The proposal's benefits by priority, high first; redeemed points are the
// index after the last discount.
std::vector<size_t> GrantingOrder(const Proposal& proposal) {
  std::vector<size_t> benefits(proposal.discounts.size() +
                               (proposal.redemption ? 1 : 0));
  const auto priority = [&](size_t benefit) {
    return benefit < proposal.discounts.size()
               ? proposal.discounts[benefit].priority
               : proposal.redemption->priority;
  };
  for (size_t i = 0; i < benefits.size(); ++i)
    benefits[i] = i;
  std::stable_sort(benefits.begin(), benefits.end(), [&](size_t a, size_t b) {
    return priority(a) > priority(b);
  });
  return benefits;
}

// The most points, in whole steps, whose worth is at most `worth`.
Points StepsWorthAtMost(const PointsPolicy& policy, Money worth,
                        int64_t minor_per_major) {
  const int64_t points =
      policy.value->PointsWorthAtMost(worth, minor_per_major).value();
  return Points(points / policy.step.value() * policy.step.value());
}

// Points come in steps and not below the minimum, so what the caps allow is
// rounded down to points that can be redeemed.
void GrantRedemption(const Rulebook& rulebook,
                     const ProposedRedemption& proposed, CapRoom& room,
                     Grant& grant) {
  const PointsPolicy& policy = rulebook.points;
  const int64_t unit = rulebook.currency.minor_per_major();
  const std::vector<Money> most =
      room.Most(proposed.shares, BenefitKind::kPoints);
  Money allowed;
  for (const Money share : most)
    allowed += share;
  const Points points =
      std::min(StepsWorthAtMost(policy, allowed, unit), proposed.points);
  const Money worth = policy.value->WorthOf(points, unit);
  if (points >= policy.minimum && worth.is_positive()) {
    grant.redeemed_points = points;
    grant.redeemed = worth;
    // In proportion to what the caps allow, no share exceeds that.
    grant.redeemed_shares = ShareOut(worth, most);
  }
  if (grant.redeemed < proposed.worth) {
    grant.redeemed_cuts =
        room.CutsOf(proposed.shares, Money(), BenefitKind::kPoints);
  }
  room.Take(grant.redeemed_shares, proposed.shares, BenefitKind::kPoints);
}

// No more than budgets leave: of what the caps allow, a part may always be
// given.
void CutTo(Money most, GrantedDiscount& granted) {
  if (granted.amount <= most) return;
  if (granted.shipping.is_positive()) {
    granted.shipping = most;
  } else {
    granted.shares = ShareOut(most, granted.shares);
  }
  granted.amount = most;
}

// What is asked of budgets is what the caps allow.
void GrantDiscount(const ProposedDiscount& proposed, CapRoom& room,
                   BudgetRoom& budgets, GrantedDiscount& granted) {
  granted.shares = room.Most(proposed.shares, BenefitKind::kDiscount);
  granted.shipping = room.MostShipping(proposed.shipping);
  granted.amount = granted.shipping;
  for (const Money share : granted.shares)
    granted.amount += share;
  if (granted.amount < proposed.requested) {
    granted.cuts =
        room.CutsOf(proposed.shares, proposed.shipping, BenefitKind::kDiscount);
  }
  const Money allowed = granted.amount;
  const std::optional<Money> most = budgets.Most(proposed.budgets);
  if (most && allowed > *most) {
    for (CapCut& cut : budgets.CutsOf(proposed.budgets, allowed))
      granted.cuts.push_back(std::move(cut));
    CutTo(*most, granted);
  }
  if (granted.amount < proposed.minimum) {
    granted.amount = Money();
    granted.shares.assign(proposed.shares.size(), Money());
    granted.shipping = Money();
  }
  room.Take(granted.shares, proposed.shares, BenefitKind::kDiscount);
  room.TakeShipping(granted.shipping, proposed.shipping);
  budgets.Take(proposed.budgets, granted.amount, allowed);
}

absl::Status RefuseBudget(const Rulebook& rulebook, const BoundCap& bound) {
  return Refuse(
      Reason::kBudgetSpent,
      absl::StrCat("the budget ", bound.cap_id, " has ", bound.limit.value(),
                   " left of the ", bound.requested.value(),
                   " minor units asked for; lower the discounts"),
      {{"budget_id", bound.cap_id},
       {"rulebook_version", absl::StrCat(rulebook.version)},
       {"limit_minor", absl::StrCat(bound.limit.value())},
       {"requested_minor", absl::StrCat(bound.requested.value())}});
}

absl::Status RefuseCap(const BoundCap& cap) {
  return Refuse(
      Reason::kMarginCap,
      absl::StrCat("the cap ", cap.cap_id, " allows ", cap.limit.value(),
                   " of the ", cap.requested.value(),
                   " minor units asked for; lower the discounts or redeem "
                   "fewer points"),
      {{"cap_id", cap.cap_id},
       {"line_id", cap.line_id},
       {"limit_minor", absl::StrCat(cap.limit.value())},
       {"requested_minor", absl::StrCat(cap.requested.value())}});
}

// The most specific category that has a cost: the path itself, then each
// folder above it.
const Rate* CategoryCost(const MarginPolicy& policy,
                         absl::string_view category) {
  while (!category.empty() && !policy.category_cost.empty()) {
    const auto found = policy.category_cost.find(std::string(category));
    if (found != policy.category_cost.end()) return &found->second;
    const size_t slash = category.rfind('/');
    category = category.substr(0, slash == absl::string_view::npos ? 0 : slash);
  }
  return nullptr;
}

}  // namespace

Money Grant::discount() const {
  Money sum;
  for (const GrantedDiscount& granted : discounts)
    sum += granted.amount;
  return sum;
}

Money NetAmount(const Rulebook& rulebook, const OrderLine& line) {
  return rulebook.prices_include_tax ? line.amount - line.tax : line.amount;
}

Money NetDiscount(const Rulebook& rulebook, const OrderLine& line, Money part) {
  if (!rulebook.prices_include_tax || line.tax.is_zero() ||
      line.amount.is_zero()) {
    return part;
  }
  return Money(MulDivUp(part.value(), (line.amount - line.tax).value(),
                        line.amount.value()));
}

Money NetSales(const Rulebook& rulebook, const OrderLine& line,
               Money discount) {
  if (rulebook.margin && rulebook.margin->Excludes(line.category)) {
    return Money();
  }
  return NetAmount(rulebook, line) - NetDiscount(rulebook, line, discount);
}

std::optional<Money> LineCost(const Rulebook& rulebook,
                              const MarginPolicy& policy,
                              const OrderLine& line) {
  if (line.cost) return line.cost;
  const Money net = NetAmount(rulebook, line);
  if (const Rate* rate = CategoryCost(policy, line.category)) {
    return rate->OfHalfUp(net);
  }
  if (const Rate* assumed = std::get_if<Rate>(&policy.unknown_cost)) {
    return assumed->OfHalfUp(net);
  }
  return std::nullopt;
}

absl::StatusOr<Grant> GrantBenefits(const Rulebook& rulebook,
                                    const Order& order,
                                    const Proposal& proposal, StepMeter* steps,
                                    BudgetRoom* budgets) {
  CapRoom room(rulebook, order, steps);
  BudgetRoom no_budgets(rulebook);
  BudgetRoom& budget_room = budgets == nullptr ? no_budgets : *budgets;
  Grant grant;
  grant.discounts.resize(proposal.discounts.size());
  grant.line_discounts.resize(order.lines.size());
  grant.redeemed_shares.resize(order.lines.size());
  for (const size_t benefit : GrantingOrder(proposal)) {
    if (benefit == proposal.discounts.size()) {
      GrantRedemption(rulebook, *proposal.redemption, room, grant);
      continue;
    }
    GrantedDiscount& granted = grant.discounts[benefit];
    GrantDiscount(proposal.discounts[benefit], room, budget_room, granted);
    grant.shipping_discount += granted.shipping;
    for (size_t i = 0; i < granted.shares.size(); ++i) {
      grant.line_discounts[i] += granted.shares[i];
    }
  }
  grant.margin = room.Figures();
  grant.caps = room.Bound();
  if (!grant.caps.empty() && rulebook.margin->on_exceed == OnExceed::kRefuse) {
    return RefuseCap(grant.caps.front());
  }
  for (BoundCap& bound : budget_room.BoundOnDiscounts()) {
    if (rulebook.margin && rulebook.margin->on_exceed == OnExceed::kRefuse) {
      return RefuseBudget(rulebook, bound);
    }
    grant.caps.push_back(std::move(bound));
  }
  if (proposal.redemption &&
      proposal.redemption->requested_worth > proposal.redemption->share_limit) {
    grant.caps.push_back({.cap_id = std::string(kMaxShare),
                          .line_id = "",
                          .limit = proposal.redemption->share_limit,
                          .requested = proposal.redemption->requested_worth,
                          .granted = grant.redeemed});
  }
  if (rulebook.margin && rulebook.margin->counts_earned_points) {
    grant.room = std::make_shared<CapRoom>(std::move(room));
  }
  return grant;
}

}  // namespace pistis
