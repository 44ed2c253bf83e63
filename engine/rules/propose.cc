#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/order/share_out.h"
#include "engine/rules/benefits.h"
#include "engine/rules/discount_shares.h"
#include "engine/rules/validity.h"

namespace pistis {
namespace {

constexpr int kRedemptionPriority = 1000;
// No order needs more discounts, and each is worked out line by line while
// other sales wait.
constexpr size_t kMaxRuleDiscounts = 100;
// Most orders get no more.
constexpr size_t kUsualDiscounts = 8;
// A refusal travels in headers, which are small.
constexpr size_t kMaxShownCondition = 256;

Money Sum(absl::Span<const Money> amounts) {
  Money sum;
  for (const Money amount : amounts)
    sum += amount;
  return sum;
}

// The work in progress: what each line still has to pay.
class Work {
 public:
  Work(const SaleView& sale, std::vector<CodeToApply> codes)
      : sale_(sale),
        rulebook_(sale.rulebook),
        order_(sale.order),
        facts_(sale.order, sale.member, sale.time, sale.steps),
        shipping_(sale.order.shipping),
        admission_(sale, std::move(codes)) {
    remaining_.reserve(order_.lines.size());
    for (const OrderLine& line : order_.lines)
      remaining_.push_back(line.amount);
    facts_.SetRemaining(remaining_);
    proposal_.discounts.reserve(
        std::min(admission_.candidates().size(), kUsualDiscounts));
  }

  absl::Status ApplyRules(Stage stage) {
    for (const size_t i : admission_.turns()) {
      const Rule& rule = rulebook_.rules[i];
      if (StageOf(rule) != stage) continue;
      PISTIS_ASSIGN_OR_RETURN(const bool acts, Admit(i));
      if (!acts) continue;
      const bool gives_more = !sale_.member.member_id.empty() &&
                              (rule.earn || rule.issue_code || rule.note);
      if (ApplyDiscount(i) || gives_more) admission_.Take(i);
    }
    return absl::OkStatus();
  }

  // Each gives something, or is withheld, or the order is refused.
  absl::Status ApplyCodes() {
    for (size_t i = 0; i < admission_.codes().size(); ++i) {
      const size_t withheld = admission_.withheld().size();
      PISTIS_ASSIGN_OR_RETURN(const bool gives, ApplyCode(i));
      if (!gives && admission_.withheld().size() == withheld) {
        return RefuseCode(admission_.codes()[i]);
      }
    }
    return absl::OkStatus();
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
    proposal_.redemption = std::move(redemption);
    return absl::OkStatus();
  }

  Proposed Take() && {
    return {.proposal = std::move(proposal_),
            .admission = std::move(admission_)};
  }

 private:
  absl::StatusOr<bool> Admit(size_t rule) {
    return admission_.Admit(rule, facts_,
                            [&](size_t candidate, const LimitRoom& room) {
                              return WorthOf(candidate, room);
                            });
  }

  // What the limits of a code leave it after other codes of its template that
  // the order types.
  [[nodiscard]] LimitRoom RoomOf(size_t number) {
    LimitRoom room = admission_.room(number);
    if (room.discount) *room.discount -= given_by_[admission_.Of(number).id];
    return room;
  }

  // True where the code gives something.
  absl::StatusOr<bool> ApplyCode(size_t index) {
    const size_t number = admission_.NumberOf(index);
    const Rule& of = admission_.Of(number);
    PISTIS_ASSIGN_OR_RETURN(const bool acts, Admit(number));
    if (!acts) return false;
    const bool earns = of.earn.has_value() && !sale_.member.member_id.empty();
    bool gives = false;
    if (earns) {
      gives = earning_templates_.insert(of.id).second;
      if (!gives && !of.discount) {
        admission_.Withhold(number, Withheld::kLimitReached);
      }
    }
    if (of.discount && DiscountBy(index)) gives = true;
    if (gives) admission_.Take(number);
    return gives;
  }

  // Adds the code's discount where it comes to anything; true where it did.
  bool DiscountBy(size_t index) {
    const size_t number = admission_.NumberOf(index);
    const Rule& of = admission_.Of(number);
    Offer offer = OfferOf(*of.discount, RoomOf(number));
    if (!offer.sum.is_positive()) {
      if (offer.is_limited) {
        admission_.Withhold(number, Withheld::kLimitReached);
      }
      return false;
    }
    given_by_[of.id] += offer.sum;
    Propose({.code = admission_.codes()[index].typed,
             .priority = of.priority,
             .budgets = admission_.BudgetsOf(number)},
            *of.discount, std::move(offer));
    return true;
  }

  [[nodiscard]] static absl::Status RefuseCode(const CodeToApply& code) {
    const Condition& when = code.code_template->when;
    const std::string condition =
        when == nullptr ? std::string()
                        : when->source().substr(0, kMaxShownCondition);
    return Refuse(
        Reason::kCodeNotApplicable,
        absl::StrCat("the code \"", code.typed,
                     "\" does not apply to this order",
                     condition.empty() ? "" : "; it wants ", condition),
        {{"code", code.typed}, {"condition", condition}});
  }

  // By line: true where the condition holds.
  std::vector<bool> Select(const Condition& lines) {
    facts_.Spend(kStepsALine * static_cast<int64_t>(remaining_.size()));
    std::vector<bool> selected(remaining_.size(), true);
    for (size_t i = 0; i < selected.size(); ++i) {
      facts_.SetLine(i);
      selected[i] = IsSale(i) && Holds(lines, facts_);
    }
    facts_.ClearLine();
    return selected;
  }

  // Nothing comes off what is no sale.
  [[nodiscard]] bool IsSale(size_t line) const {
    return !rulebook_.margin ||
           !rulebook_.margin->Excludes(order_.lines[line].category);
  }

  // The lines that the rule whose turn it is selects.
  std::vector<bool> Selected() {
    std::vector<bool> selected(remaining_.size());
    facts_.Spend(kStepsALine * static_cast<int64_t>(selected.size()));
    for (const size_t line : admission_.lines())
      selected[line] = IsSale(line);
    return selected;
  }

  // What a discount would take as things stand.
  struct Offer {
    std::vector<Money> shares;
    Money shipping;
    Money sum;
    // True where a limit leaves less than the discount may be.
    bool is_limited = false;
  };

  Offer OfferOf(const Discount& discount, const LimitRoom& room) {
    DiscountedLines view{.lines = order_.lines,
                         .remaining = remaining_,
                         .selected = Selected(),
                         .bought = {}};
    if (const auto* buy = std::get_if<BuyAndGet>(&discount.shape)) {
      view.bought =
          buy->buy_lines == nullptr ? view.selected : Select(buy->buy_lines);
    }
    const MoneyRounding rounding = rulebook_.money_rounding;
    Offer offer{.shares = DiscountShares(discount, view, rounding),
                .shipping = ShippingShare(discount, shipping_, rounding)};
    offer.sum = Sum(offer.shares) + offer.shipping;
    if (!room.discount || offer.sum <= *room.discount) return offer;
    if (discount.is_whole() || *room.discount < discount.minimum ||
        !room.discount->is_positive()) {
      return {.shares = std::vector<Money>(offer.shares.size()),
              .is_limited = true};
    }
    offer.sum = *room.discount;
    if (offer.shipping.is_positive()) {
      offer.shipping = offer.sum;
    } else {
      offer.shares = ShareOut(offer.sum, offer.shares);
    }
    return offer;
  }

  // Adds the rule's discount where it comes to anything; true where it did.
  bool ApplyDiscount(size_t index) {
    const Rule& rule = rulebook_.rules[index];
    if (proposal_.discounts.size() >= kMaxRuleDiscounts) {
      admission_.Withhold(index, Withheld::kTooManyDiscounts);
      return false;
    }
    if (sale_.trace != nullptr) {
      sale_.trace->SelectForDiscount(sale_, index, facts_);
    }
    Offer offer = OfferOf(*rule.discount, admission_.room(index));
    if (offer.sum.is_positive()) {
      Propose({.rule_id = rule.id,
               .priority = rule.priority,
               .budgets = admission_.BudgetsOf(index)},
              *rule.discount, std::move(offer));
      return true;
    }
    if (offer.is_limited) {
      admission_.Withhold(index, Withheld::kLimitReached);
    } else if (rule.discount->minimum.is_positive()) {
      admission_.Withhold(index, Withheld::kBelowMinimum);
    }
    return false;
  }

  void Propose(ProposedDiscount proposed, const Discount& discount,
               Offer offer) {
    proposed.shares = std::move(offer.shares);
    proposed.shipping = offer.shipping;
    proposed.requested = offer.sum;
    proposed.minimum =
        discount.is_whole() ? proposed.requested : discount.minimum;
    for (size_t i = 0; i < remaining_.size(); ++i) {
      remaining_[i] -= proposed.shares[i];
    }
    shipping_ -= proposed.shipping;
    facts_.SetRemaining(remaining_);
    proposal_.discounts.push_back(std::move(proposed));
  }

  // The rule's discount, and its points on what is left to pay.
  absl::StatusOr<RuleWorth> WorthOf(size_t index, const LimitRoom& room) {
    const Rule& rule = admission_.Of(index);
    const Money discount =
        rule.discount ? OfferOf(*rule.discount, room).sum : Money();
    if (!rule.earn) return WorthOfBenefits(rulebook_, discount, Points());
    std::vector<LinePayment> payments(remaining_.size());
    for (size_t i = 0; i < payments.size(); ++i) {
      payments[i].discount = order_.lines[i].amount - remaining_[i];
    }
    PISTIS_ASSIGN_OR_RETURN(
        const Points points,
        EstimatePoints(sale_, payments, rule, room, admission_.candidates()));
    return WorthOfBenefits(rulebook_, discount, points);
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

  const SaleView& sale_;
  const Rulebook& rulebook_;
  const Order& order_;
  Facts facts_;
  // What each line, and the shipping, has left to pay.
  std::vector<Money> remaining_;
  Money shipping_;
  Admission admission_;
  // By code template, what codes of it give.
  std::map<std::string, Money> given_by_;
  // Code templates whose points are earned.
  std::set<std::string> earning_templates_;
  Proposal proposal_;
};

}  // namespace

absl::StatusOr<Proposed> ProposeBenefits(const SaleView& sale,
                                         absl::Span<const CodeToApply> codes) {
  std::vector<CodeToApply> ordered(codes.begin(), codes.end());
  std::stable_sort(
      ordered.begin(), ordered.end(),
      [](const CodeToApply& a, const CodeToApply& b) {
        return std::tie(b.code_template->priority, a.code_template->id) <
               std::tie(a.code_template->priority, b.code_template->id);
      });
  Work work(sale, std::move(ordered));
  PISTIS_RETURN_IF_ERROR(work.ApplyRules(Stage::kSelectedLines));
  PISTIS_RETURN_IF_ERROR(work.ApplyRules(Stage::kWholeOrder));
  PISTIS_RETURN_IF_ERROR(work.ApplyCodes());
  if (sale.order.redeem) {
    PISTIS_RETURN_IF_ERROR(
        work.ApplyRedemption(*sale.order.redeem, sale.member.available));
  }
  return std::move(work).Take();
}

}  // namespace pistis
