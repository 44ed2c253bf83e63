#include "engine/operations/price_order.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/margin/budget_room.h"
#include "engine/margin/earned_room.h"
#include "engine/rules/limits.h"

namespace pistis {
namespace {

absl::Status CheckAgainst(const Rulebook& rulebook, const Order& order) {
  if (!order.currency.empty() && order.currency != rulebook.currency.code) {
    return RefuseField("order.currency", absl::StrCat("is \"", order.currency,
                                                      "\"; the program's is ",
                                                      rulebook.currency.code));
  }
  if (!rulebook.prices_include_tax) return absl::OkStatus();
  for (size_t i = 0; i < order.lines.size(); ++i) {
    if (order.lines[i].tax > order.lines[i].amount) {
      return RefuseField(
          absl::StrCat("order.lines[", i, "].tax_minor"),
          absl::StrCat("is ", order.lines[i].tax.value(),
                       ", more than the amount that contains it (prices "
                       "include tax)"));
    }
  }
  return absl::OkStatus();
}

// The line's tax on top once `discount` came off: points pay, they do not
// change what is taxed.
Money TaxOnTop(const Rulebook& rulebook, const OrderLine& line,
               Money discount) {
  if (rulebook.prices_include_tax || line.tax.is_zero()) return Money();
  if (line.amount.is_zero()) return line.tax;
  return Money(MulDivHalfUp(line.tax.value(), (line.amount - discount).value(),
                            line.amount.value()));
}

void SellLines(const Rulebook& rulebook, const Order& order,
               PricedOrder& priced) {
  priced.total = order.shipping - priced.grant.shipping_discount;
  priced.sold.reserve(order.lines.size());
  for (size_t i = 0; i < order.lines.size(); ++i) {
    const OrderLine& line = order.lines[i];
    const Money discount = priced.grant.line_discounts[i];
    const Money redeemed = priced.grant.redeemed_shares[i];
    const Money paid =
        line.amount - discount - redeemed + TaxOnTop(rulebook, line, discount);
    priced.sold.push_back({.line_id = line.line_id,
                           .quantity = line.quantity,
                           .amount = line.amount,
                           .discount = discount,
                           .redeemed = redeemed,
                           .paid = paid,
                           .points = priced.earned.line_points[i]});
    priced.subtotal += line.amount;
    priced.total += paid;
  }
}

bool Multiplies(const Rule& rule) {
  return rule.earn && std::holds_alternative<EarnMultiply>(*rule.earn);
}

void AddDiscount(const ProposedDiscount& proposed,
                 const GrantedDiscount& granted,
                 const std::vector<SoldLine>& lines, v1::Quote& quote) {
  v1::AppliedDiscount* discount = quote.add_discounts();
  discount->set_rule_id(proposed.rule_id);
  discount->set_code(proposed.code);
  discount->set_amount_minor(granted.amount.value());
  discount->set_requested_minor(proposed.requested.value());
  discount->set_shipping_minor(granted.shipping.value());
  for (size_t i = 0; i < lines.size(); ++i) {
    if (granted.shares[i].is_zero()) continue;
    v1::LineShare* share = discount->add_shares();
    share->set_line_id(lines[i].line_id);
    share->set_amount_minor(granted.shares[i].value());
  }
}

void AddCap(const BoundCap& cap, v1::Quote& quote) {
  v1::BoundCap* bound = quote.add_caps();
  bound->set_cap_id(cap.cap_id);
  bound->set_line_id(cap.line_id);
  bound->set_limit_minor(cap.limit.value());
  bound->set_requested_minor(cap.requested.value());
  bound->set_granted_minor(cap.granted.value());
  if (cap.base) bound->set_base_minor(cap.base->value());
  if (cap.needed_base) {
    bound->set_needed_base_minor(cap.needed_base->value());
  }
  bound->set_budget_of(cap.budget_of);
}

v1::WithheldRule::Reason ReasonOf(Withheld why) {
  switch (why) {
    case Withheld::kTooManyDiscounts:
      return v1::WithheldRule::TOO_MANY_DISCOUNTS;
    case Withheld::kTooManyMultiples:
      return v1::WithheldRule::TOO_MANY_MULTIPLES;
    case Withheld::kBelowMinimum:
      return v1::WithheldRule::BELOW_MINIMUM;
    case Withheld::kNotBest:
      return v1::WithheldRule::NOT_BEST;
    case Withheld::kNotFirst:
      return v1::WithheldRule::NOT_FIRST;
    case Withheld::kExcluded:
      return v1::WithheldRule::EXCLUDED;
    case Withheld::kLimitReached:
      return v1::WithheldRule::LIMIT_REACHED;
    case Withheld::kBudgetSpent:
      return v1::WithheldRule::BUDGET_SPENT;
  }
  return v1::WithheldRule::REASON_UNSPECIFIED;
}

void AddWithheld(const std::vector<WithheldRule>& rules, v1::Quote& quote) {
  const size_t told = std::min(rules.size(), kMaxToldWithheld);
  for (size_t i = 0; i < told; ++i)
    *quote.add_withheld() = ToMessage(rules[i]);
  quote.set_unlisted_withheld(static_cast<int32_t>(rules.size() - told));
}

void AddMargin(const MarginFigures& figures, v1::Quote& quote) {
  v1::Margin* margin = quote.mutable_margin();
  margin->set_revenue_minor((figures.revenue_before - figures.given).value());
  margin->set_cost_minor(figures.cost.value());
  margin->set_margin_minor(figures.after().value());
  margin->set_margin_before_minor(figures.before().value());
}

using PointsById = absl::flat_hash_map<std::string, Points>;

PointsById PointsByHolder(const Earned& earned,
                          absl::Span<const CodeToApply> codes) {
  PointsById points;
  if (codes.empty()) return points;
  for (const RulePoints& of : earned.by_rule)
    points[of.rule_id] = of.points;
  return points;
}

// What each code gives; `asked`: what each holder asked for.
std::vector<CodeGift> CodeGiftsOf(const PricedOrder& priced, PointsById asked,
                                  absl::Span<const CodeToApply> codes) {
  PointsById points = PointsByHolder(priced.earned, codes);
  std::vector<CodeGift> gifts;
  for (const CodeToApply& code : codes) {
    CodeGift& gift = gifts.emplace_back();
    for (size_t i = 0; i < priced.proposal.discounts.size(); ++i) {
      if (priced.proposal.discounts[i].code == code.typed) {
        gift.discount = priced.grant.discounts[i].amount;
      }
    }
    const std::vector<std::string>& earning = priced.earned.earning_codes;
    if (std::find(earning.begin(), earning.end(), code.typed) !=
        earning.end()) {
      const std::string holder = HolderOf(*code.code_template);
      gift.points = points[holder];
      gift.asked_points = asked[holder];
    }
  }
  return gifts;
}

// What the codes with limits give; those that caps cut to nothing are left out.
std::vector<LimitedGift> GiftsOfCodes(const PricedOrder& priced,
                                      absl::Span<const CodeToApply> codes) {
  std::vector<LimitedGift> gifts;
  for (size_t i = 0; i < codes.size(); ++i) {
    const CodeTemplate& of = *codes[i].code_template;
    if (of.limits.empty() || priced.codes[i].is_nothing()) continue;
    gifts.push_back({.rule = &of, .discount = priced.codes[i].discount});
    if (!Multiplies(of)) gifts.back().points = priced.codes[i].points;
  }
  return gifts;
}

// The same of rules and codes.
std::vector<LimitedGift> GiftsOf(const Rulebook& rulebook,
                                 const PricedOrder& priced,
                                 absl::Span<const CodeToApply> codes) {
  std::vector<LimitedGift> gifts = GiftsOfCodes(priced, codes);
  if (priced.earned.limited.empty()) return gifts;
  absl::flat_hash_map<absl::string_view, Money> discounts;
  for (size_t i = 0; i < priced.proposal.discounts.size(); ++i) {
    discounts[priced.proposal.discounts[i].rule_id] +=
        priced.grant.discounts[i].amount;
  }
  absl::flat_hash_map<absl::string_view, Points> points;
  for (const RulePoints& earned : priced.earned.by_rule)
    points[earned.rule_id] += earned.points;
  for (const LimitedRule& limited : priced.earned.limited) {
    const Rule& rule = rulebook.rules[limited.rule];
    LimitedGift gift{.rule = &rulebook.rules[limited.rule]};
    if (rule.discount) gift.discount = discounts[rule.id];
    // What a rule multiplies, others gave.
    if (rule.earn && !Multiplies(rule)) gift.points = points[rule.id];
    const bool gives = limited.has_effect || !gift.points.is_zero() ||
                       gift.discount.is_positive();
    if (gives) gifts.push_back(gift);
  }
  return gifts;
}

Money NetSalesOf(const SaleView& sale, const PricedOrder& priced) {
  Money sales;
  for (size_t i = 0; i < sale.order.lines.size(); ++i) {
    sales += NetSales(sale.rulebook, sale.order.lines[i],
                      priced.grant.line_discounts[i]);
  }
  return sales;
}

using BudgetGifts = std::map<BudgetSum, BudgetGift>;

BudgetGifts DiscountsUnderBudgets(const PricedOrder& priced) {
  BudgetGifts gifts;
  size_t granted = 0;
  for (size_t i = 0; i < priced.proposal.discounts.size(); ++i) {
    const Money amount = priced.grant.discounts[i].amount;
    if (amount.is_zero()) continue;
    ++granted;
    for (const BudgetSum& sum : priced.proposal.discounts[i].budgets) {
      BudgetGift& gift = gifts[sum];
      gift.discount += amount;
      gift.times = 1;
      gift.discounts.push_back(static_cast<int>(i));
    }
  }
  for (auto& [sum, gift] : gifts) {
    if (gift.discounts.size() == granted) gift.discounts.clear();
  }
  return gifts;
}

std::vector<BudgetGift> BudgetGiftsOf(const SaleView& sale,
                                      const PricedOrder& priced) {
  const std::vector<Budget>& budgets = sale.rulebook.budgets;
  if (budgets.empty()) return {};
  BudgetGifts gifts = DiscountsUnderBudgets(priced);
  absl::flat_hash_map<absl::string_view, Points> points;
  for (const RulePoints& earned : priced.earned.by_rule)
    points[earned.rule_id] = earned.points;
  for (const BudgetedRuleGift& rule : priced.earned.budgeted) {
    const Points given = points[rule.rule_id];
    if (given.is_zero() && !rule.has_effect) continue;
    for (const BudgetSum& sum : rule.budgets) {
      BudgetGift& gift = gifts[sum];
      gift.points += given;
      if (given.is_positive() || rule.has_effect) gift.times = 1;
      gift.keeps_times = gift.keeps_times || rule.issues_code;
    }
  }
  for (size_t i = 0; i < budgets.size(); ++i) {
    if (!budgets[i].max_share) continue;
    const std::optional<BudgetSum> sum = SumOfPlace(PlaceOf(sale), i);
    if (sum) gifts[*sum].sales = NetSalesOf(sale, priced);
  }
  std::vector<BudgetGift> all;
  for (auto& [sum, gift] : gifts) {
    // What rules take away makes no room for other orders.
    gift.points = std::max(gift.points, Points());
    gift.sum = sum;
    if (gift.times > 0 || !gift.sales.is_zero()) all.push_back(std::move(gift));
  }
  return all;
}

absl::StatusOr<PricedOrder> WorkOut(const SaleView& sale,
                                    absl::Span<const CodeToApply> codes) {
  const Rulebook& rulebook = sale.rulebook;
  const Order& order = sale.order;
  PISTIS_RETURN_IF_ERROR(CheckAgainst(rulebook, order));
  PISTIS_ASSIGN_OR_RETURN(Proposed proposed, ProposeBenefits(sale, codes));
  PricedOrder priced;
  PISTIS_ASSIGN_OR_RETURN(
      BudgetRoom budgets,
      BudgetRoom::Open(rulebook, proposed.proposal, sale.budgets));
  PISTIS_ASSIGN_OR_RETURN(
      priced.grant,
      GrantBenefits(rulebook, order, proposed.proposal, sale.steps, &budgets));
  std::vector<LinePayment> payments(order.lines.size());
  for (size_t i = 0; i < payments.size(); ++i) {
    payments[i] = {.discount = priced.grant.line_discounts[i],
                   .redeemed = priced.grant.redeemed_shares[i]};
  }
  PISTIS_ASSIGN_OR_RETURN(
      priced.earned,
      EarnBenefits(sale, payments, std::move(proposed.admission)));
  PointsById asked = PointsByHolder(priced.earned, codes);
  EarnedRoom caps(rulebook, priced.grant);
  caps.Cut(priced.earned);
  PISTIS_RETURN_IF_ERROR(TrimPoints(budgets, priced.earned));
  // What is left lies on the lines in other parts than before.
  caps.Cut(priced.earned);
  caps.Take(priced.earned);
  for (BoundCap& bound : budgets.BoundOnPoints())
    priced.grant.caps.push_back(std::move(bound));
  priced.proposal = std::move(proposed.proposal);
  priced.codes = CodeGiftsOf(priced, std::move(asked), codes);
  priced.budgeted = BudgetGiftsOf(sale, priced);
  priced.gifts = GiftsOf(rulebook, priced, codes);
  SellLines(rulebook, order, priced);
  return priced;
}

}  // namespace

absl::StatusOr<PricedOrder> PriceOrder(const SaleView& sale,
                                       absl::Span<const CodeToApply> codes) {
  StepMeter steps(kMostOrderSteps);
  SaleView metered = sale;
  if (metered.steps == nullptr) metered.steps = &steps;
  absl::StatusOr<PricedOrder> priced = WorkOut(metered, codes);
  if (!metered.steps->is_spent()) return priced;
  return Refuse(
      Reason::kLimitReached,
      absl::StrCat("the conditions of rulebook version ", sale.rulebook.version,
                   " take more steps for this order of ",
                   sale.order.lines.size(), " lines than one order may"),
      {{"limit", "condition_steps"}});
}

v1::WithheldRule ToMessage(const WithheldRule& rule) {
  v1::WithheldRule message;
  message.set_rule_id(rule.rule_id);
  message.set_code(rule.code);
  message.set_reason(ReasonOf(rule.why));
  return message;
}

std::string SummedCap(const std::string& cap_id) {
  const size_t begin = cap_id.find('[');
  const size_t end = cap_id.rfind(']');
  if (begin == std::string::npos || end == std::string::npos) return cap_id;
  return absl::StrCat(cap_id.substr(0, begin), cap_id.substr(end + 1));
}

v1::Quote ToQuote(const Rulebook& rulebook, const PricedOrder& priced) {
  v1::Quote quote;
  FillQuote(rulebook, priced, quote);
  return quote;
}

void FillQuote(const Rulebook& rulebook, const PricedOrder& priced,
               v1::Quote& quote) {
  quote.set_subtotal_minor(priced.subtotal.value());
  quote.set_discount_minor(priced.grant.discount().value());
  quote.set_total_minor(priced.total.value());
  for (size_t i = 0; i < priced.proposal.discounts.size(); ++i) {
    AddDiscount(priced.proposal.discounts[i], priced.grant.discounts[i],
                priced.sold, quote);
  }
  quote.set_points_earned(priced.earned.points.value());
  quote.set_points_redeemed(priced.grant.redeemed_points.value());
  quote.set_redeemed_minor(priced.grant.redeemed.value());
  quote.set_shipping_discount_minor(priced.grant.shipping_discount.value());
  for (const BoundCap& cap : priced.grant.caps)
    AddCap(cap, quote);
  AddWithheld(priced.earned.withheld, quote);
  if (priced.grant.margin) AddMargin(*priced.grant.margin, quote);
  for (const RulePoints& earned : priced.earned.by_rule) {
    v1::EarnedPoints* points = quote.add_earned();
    points->set_rule_id(earned.rule_id);
    points->set_points(earned.points.value());
  }
  for (const size_t code : priced.earned.codes_to_issue) {
    quote.add_codes_to_issue(rulebook.codes[code].id);
  }
  for (const size_t note : priced.earned.notes_to_send) {
    quote.add_notes_to_send(rulebook.notes[note].id);
  }
  quote.set_tier_points(priced.earned.tier_points.value());
  for (const size_t segment : priced.earned.segments_to_join) {
    quote.add_segments_to_join(rulebook.segments[segment].id);
  }
  quote.set_rulebook_version(rulebook.version);
  for (const SoldLine& line : priced.sold) {
    v1::LineTotal* total = quote.add_lines();
    total->set_line_id(line.line_id);
    total->set_discount_minor(line.discount.value());
    total->set_redeemed_minor(line.redeemed.value());
    total->set_total_minor(line.paid.value());
  }
}

}  // namespace pistis
