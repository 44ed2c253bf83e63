#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/order/share_out.h"
#include "engine/rules/benefits.h"

namespace pistis {
namespace {

constexpr int kRedemptionPriority = 1000;
// No order needs more discounts, and each is worked out line by line while
// other sales wait.
constexpr size_t kMaxRuleDiscounts = 100;
// A refusal travels in headers, which are small.
constexpr size_t kMaxShownCondition = 256;

Money Sum(absl::Span<const Money> amounts) {
  Money sum;
  for (const Money amount : amounts)
    sum += amount;
  return sum;
}

Money AmountOf(const DiscountShape& shape, Money base) {
  if (const auto* percent = std::get_if<PercentOff>(&shape)) {
    const Money amount = percent->percent.OfHalfUp(base);
    return percent->max ? std::min(amount, *percent->max) : amount;
  }
  return std::min(std::get<AmountOff>(shape).amount, base);
}

// The first two steps of the order of work.
enum class Stage { kSelectedLines, kWholeOrder };

// The work in progress: what each line still has to pay.
class Work {
 public:
  Work(const Rulebook& rulebook, const Order& order, const MemberFacts& member)
      : rulebook_(rulebook), order_(order), facts_(order, member) {
    remaining_.reserve(order.lines.size());
    for (const OrderLine& line : order.lines)
      remaining_.push_back(line.amount);
    facts_.SetRemaining(remaining_);
    proposed_.holds.resize(rulebook.rules.size());
  }

  void ApplyRules(Stage stage) {
    for (size_t i = 0; i < rulebook_.rules.size(); ++i) {
      const Rule& rule = rulebook_.rules[i];
      const Stage of_rule =
          rule.lines == nullptr ? Stage::kWholeOrder : Stage::kSelectedLines;
      if (!rule.discount || of_rule != stage) continue;
      proposed_.holds[i] = Holds(rule.when, facts_);
      if (!proposed_.holds[i] ||
          proposed_.proposal.discounts.size() == kMaxRuleDiscounts) {
        continue;
      }
      Discount({.rule_id = rule.id,
                .code = "",
                .priority = rule.priority,
                .requested = {},
                .shares = {}},
               *rule.discount, rule.lines);
    }
  }

  absl::Status ApplyCode(const CodeToApply& code) {
    const CodeTemplate& of = *code.code_template;
    const bool applied =
        Holds(of.when, facts_) && Discount({.rule_id = "",
                                            .code = code.typed,
                                            .priority = of.priority,
                                            .requested = {},
                                            .shares = {}},
                                           of.discount, of.lines);
    if (applied) return absl::OkStatus();
    const std::string condition =
        of.when == nullptr ? std::string()
                           : of.when->source().substr(0, kMaxShownCondition);
    return Refuse(
        Reason::kCodeNotApplicable,
        absl::StrCat("the code \"", code.typed,
                     "\" does not apply to this order",
                     condition.empty() ? "" : "; it wants ", condition),
        {{"code", code.typed}, {"condition", condition}});
  }

  absl::Status ApplyRedemption(const RedeemRequest& request, Points available) {
    if (!rulebook_.points.value) {
      return RefuseField("order.redeem",
                         "points have no value in this rulebook, so none can "
                         "be redeemed");
    }
    PISTIS_ASSIGN_OR_RETURN(const Points asked, Asked(request, available));
    const PointsPolicy& policy = rulebook_.points;
    const int64_t unit = rulebook_.currency.minor_per_major();
    ProposedRedemption redemption{.priority = kRedemptionPriority};
    redemption.share_limit = policy.max_share.OfDown(Sum(remaining_));
    redemption.points = asked;
    redemption.requested_worth = policy.value->WorthOf(asked, unit);
    if (redemption.requested_worth > redemption.share_limit) {
      const int64_t most =
          policy.value->PointsWorthAtMost(redemption.share_limit, unit).value();
      redemption.points =
          Points(most / policy.step.value() * policy.step.value());
      if (redemption.points < policy.minimum) redemption.points = Points();
    }
    redemption.worth = policy.value->WorthOf(redemption.points, unit);
    // "All" asks for no more than the order takes, so no cap cut it.
    if (!request.points) redemption.requested_worth = redemption.worth;
    redemption.shares = ShareOut(redemption.worth, remaining_);
    proposed_.proposal.redemption = std::move(redemption);
    return absl::OkStatus();
  }

  Proposed Take() && { return std::move(proposed_); }

 private:
  // Adds the discount where it comes to anything; true where it did.
  bool Discount(ProposedDiscount discount, const DiscountShape& shape,
                const Condition& lines) {
    std::vector<Money> base = remaining_;
    if (lines != nullptr) {
      for (size_t i = 0; i < base.size(); ++i) {
        facts_.SetLine(i);
        if (!Holds(lines, facts_)) base[i] = Money();
      }
      facts_.ClearLine();
    }
    discount.requested = AmountOf(shape, Sum(base));
    if (discount.requested.is_zero()) return false;
    discount.shares = ShareOut(discount.requested, base);
    for (size_t i = 0; i < base.size(); ++i) {
      remaining_[i] -= discount.shares[i];
    }
    facts_.SetRemaining(remaining_);
    proposed_.proposal.discounts.push_back(std::move(discount));
    return true;
  }

  absl::StatusOr<Points> Asked(const RedeemRequest& request,
                               Points available) const {
    const PointsPolicy& policy = rulebook_.points;
    if (!request.points) {
      const int64_t have = std::max(available, Points()).value();
      const Points whole_steps(have / policy.step.value() *
                               policy.step.value());
      return whole_steps < policy.minimum ? Points() : whole_steps;
    }
    const Points points = *request.points;
    if (points < policy.minimum) {
      return RefuseField(
          "order.redeem.points",
          absl::StrCat("is ", points.value(), "; at least ",
                       policy.minimum.value(), " are redeemed at once"));
    }
    if (points.value() % policy.step.value() != 0) {
      return RefuseField("order.redeem.points",
                         absl::StrCat("is ", points.value(),
                                      "; points are redeemed in multiples of ",
                                      policy.step.value()));
    }
    if (points > available) {
      return Refuse(
          Reason::kInsufficientPoints,
          absl::StrCat("the member has ", available.value(),
                       " points available, ", points.value(), " are asked for"),
          {{"available", absl::StrCat(available.value())},
           {"requested", absl::StrCat(points.value())}});
    }
    return points;
  }

  const Rulebook& rulebook_;
  const Order& order_;
  Facts facts_;
  std::vector<Money> remaining_;
  Proposed proposed_;
};

}  // namespace

absl::StatusOr<Proposed> ProposeBenefits(const Rulebook& rulebook,
                                         const Order& order,
                                         const MemberFacts& member,
                                         absl::Span<const CodeToApply> codes) {
  Work work(rulebook, order, member);
  work.ApplyRules(Stage::kSelectedLines);
  work.ApplyRules(Stage::kWholeOrder);
  std::vector<CodeToApply> ordered(codes.begin(), codes.end());
  std::stable_sort(
      ordered.begin(), ordered.end(),
      [](const CodeToApply& a, const CodeToApply& b) {
        return std::tie(b.code_template->priority, a.code_template->id) <
               std::tie(a.code_template->priority, b.code_template->id);
      });
  for (const CodeToApply& code : ordered) {
    PISTIS_RETURN_IF_ERROR(work.ApplyCode(code));
  }
  if (order.redeem) {
    PISTIS_RETURN_IF_ERROR(
        work.ApplyRedemption(*order.redeem, member.available));
  }
  return std::move(work).Take();
}

}  // namespace pistis
