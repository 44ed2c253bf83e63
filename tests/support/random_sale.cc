#include "tests/support/random_sale.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/order/share_out.h"
#include "engine/rules/benefits.h"
#include "rapidcheck.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

constexpr int64_t kMinorPerMajor = 100;

// From low to high, both included, whatever the size of the case.
int64_t Between(int64_t low, int64_t high) {
  return *rc::gen::resize(rc::kNominalSize,
                          rc::gen::inRange<int64_t>(low, high + 1));
}

bool OneIn(int64_t count) {
  return Between(1, count) == count;
}

Rate AnyRate() {
  return *rc::gen::element(Rate(0, 1), Rate(1, 1), Rate(Between(1, 99), 100),
                           Rate(Between(1, 999), 1000),
                           Rate(Between(1, 40), 100));
}

// Each cap once in so many.
MarginCaps AnyCaps(int64_t rarity) {
  MarginCaps caps;
  if (OneIn(rarity)) caps.max_discount = AnyRate();
  if (OneIn(rarity)) caps.max_share_of_margin = AnyRate();
  if (OneIn(rarity + 2)) caps.min_margin = AnyRate();
  if (OneIn(rarity + 2)) caps.max_discount_amount = Money(Between(0, 3000));
  return caps;
}

MarginPolicy AnyPolicy() {
  MarginPolicy policy;
  if (OneIn(4)) {
    policy.unknown_cost = RefuseDiscounts{};
  } else {
    policy.unknown_cost = AnyRate();
  }
  for (const char* category : {"a", "a/b", "a/b/c", "d"}) {
    if (OneIn(2)) policy.category_cost[category] = AnyRate();
  }
  policy.order = AnyCaps(2);
  if (OneIn(2)) policy.line = AnyCaps(4);
  for (const char* category : {"a", "a/b", "d"}) {
    if (OneIn(4)) policy.category[category] = AnyCaps(2);
  }
  if (OneIn(10)) policy.excluded_categories = {"a/b/c"};
  policy.never_below_cost = OneIn(2);
  policy.counts_redeemed_points = !OneIn(3);
  return policy;
}

Rulebook AnyRulebook() {
  Rulebook rulebook;
  rulebook.currency = {.code = "EUR", .decimals = 2};
  rulebook.prices_include_tax = !OneIn(3);
  if (!OneIn(8)) rulebook.margin = AnyPolicy();
  rulebook.points.value = *rc::gen::element(
      Rate(1, 100), Rate(1, 1000), Rate(3, 1000), Rate(1, 1), Rate(7, 100));
  rulebook.points.step = Points(*rc::gen::element<int64_t>(1, 1, 7, 50));
  rulebook.points.minimum = Points(*rc::gen::element<int64_t>(1, 1, 10, 100));
  return rulebook;
}

OrderLine AnyLine(const Rulebook& rulebook, int64_t scale) {
  OrderLine line;
  line.amount = Money(OneIn(10) ? 0 : Between(0, scale));
  const int64_t most_tax =
      rulebook.prices_include_tax ? line.amount.value() : scale;
  line.tax = Money(*rc::gen::element<int64_t>(0, line.amount.value() / 6,
                                              Between(0, most_tax), most_tax));
  if (OneIn(2)) {
    line.cost = Money(Between(0, line.amount.value() + scale / 10));
  }
  line.category = *rc::gen::element<std::string>("", "a", "a/b", "a/b/c/x",
                                                 "a/bc", "d/", "e");
  return line;
}

// Rules as a merchant would write them, of all shapes that give a discount.
std::string AnyShape() {
  const std::string percent = absl::StrCat(Between(1, 100), "%");
  const std::string amount = absl::StrCat(Between(0, 40), ".", Between(25, 99));
  const int64_t units = Between(1, 3);
  const std::string cheapest =
      absl::StrCat("{quantity: ", units, ", percent: ", percent, "}");
  const std::string buy_and_get = absl::StrCat(
      "buy: {quantity: ", units, OneIn(2) ? ", lines: line.sku != \"s1\"" : "",
      "}, get: ", cheapest);
  return *rc::gen::element(
      absl::StrCat("percent: ", percent),
      absl::StrCat("percent: ", percent, ", of: original"),
      absl::StrCat("percent: ", percent, ", max: \"", amount, "\""),
      absl::StrCat("amount: \"", amount, "\""),
      absl::StrCat("amount: \"", amount, "\", per_unit: true"),
      absl::StrCat("fixed_price: \"", amount, "\""),
      absl::StrCat("fixed_price: \"", amount, "\", together: true"),
      absl::StrCat("buy: {quantity: ", units, "}, get: {amount: \"", amount,
                   "\"}"),
      absl::StrCat("free_item: {sku: s2, quantity: ", units, "}"), buy_and_get,
      absl::StrCat(buy_and_get, ", of: original"),
      absl::StrCat("cheapest: ", cheapest),
      absl::StrCat("cheapest: ", cheapest, ", of: original"),
      absl::StrCat("shipping: {percent: ", percent, "}"),
      absl::StrCat("shipping: {amount: \"", amount, "\"}"));
}

std::vector<Rule> AnyRules() {
  std::string yaml = "rules:\n";
  const int64_t rules = Between(1, 6);
  for (int64_t i = 0; i < rules; ++i) {
    const std::string shape = AnyShape();
    const bool selects = OneIn(2) && !absl::StrContains(shape, "shipping");
    absl::StrAppend(
        &yaml, "  - {id: r", i,
        ", priority: ", *rc::gen::element(100, 100, 200, 500, 1000, 2000),
        selects ? ", lines: line.sku != \"s3\"" : "", ", discount: {", shape,
        OneIn(4) ? ", minimum: \"0.25\"" : "", "}}\n");
  }
  return RulebookOf(yaml).rules;
}

Order AnyOrder(const Rulebook& rulebook) {
  const int64_t scale =
      *rc::gen::element<int64_t>(5, 40, 3000, kMaxLineMoney.value());
  std::vector<OrderLine> lines(static_cast<size_t>(Between(1, 5)));
  for (OrderLine& line : lines) {
    line = AnyLine(rulebook, scale);
    if (OneIn(2)) line.quantity = Between(1, 7);
  }
  Order order = OrderWith(std::move(lines));
  if (OneIn(2)) order.shipping = Money(Between(0, scale));
  return order;
}

std::vector<Money> AmountsOf(const Order& order) {
  std::vector<Money> amounts;
  for (const OrderLine& line : order.lines)
    amounts.push_back(line.amount);
  return amounts;
}

// Takes a random part of what is left of each line.
std::vector<Money> TakeSome(std::vector<Money>& left) {
  std::vector<Money> shares;
  const bool selects_lines = OneIn(3);
  for (Money& line : left) {
    const bool selected = !selects_lines || OneIn(2);
    const Money share(selected ? Between(0, line.value()) : 0);
    line -= share;
    shares.push_back(share);
  }
  return shares;
}

std::optional<ProposedRedemption> AnyRedemption(
    const PointsPolicy& policy, const std::vector<Money>& left) {
  const Money most = SumOf(left);
  const int64_t steps =
      policy.value
          ->PointsWorthAtMost(Money(Between(0, most.value())), kMinorPerMajor)
          .value() /
      policy.step.value();
  ProposedRedemption redemption;
  redemption.priority = *rc::gen::element(1000, 1000, 100, 1);
  redemption.points = Points(steps * policy.step.value());
  if (redemption.points < policy.minimum) return std::nullopt;
  redemption.worth = policy.value->WorthOf(redemption.points, kMinorPerMajor);
  redemption.shares = ShareOut(redemption.worth, left);
  redemption.share_limit = most;
  redemption.requested_worth = redemption.worth;
  return redemption;
}

Proposal AnyProposal(const Rulebook& rulebook, const Order& order) {
  Proposal proposal;
  std::vector<Money> left = AmountsOf(order);
  Money shipping = order.shipping;
  const int64_t discounts = Between(0, 4);
  for (int64_t i = 0; i < discounts; ++i) {
    ProposedDiscount discount{.rule_id = absl::StrCat("r", i), .code = ""};
    discount.priority = *rc::gen::element(100, 100, 200, 500, 1000, 2000);
    if (OneIn(5)) {
      discount.shares.resize(left.size());
      discount.shipping = Money(Between(0, shipping.value()));
      shipping -= discount.shipping;
    } else {
      discount.shares = TakeSome(left);
    }
    discount.requested = SumOf(discount.shares) + discount.shipping;
    if (OneIn(4)) {
      discount.minimum = Money(Between(0, discount.requested.value()));
    }
    proposal.discounts.push_back(std::move(discount));
  }
  if (!OneIn(4)) proposal.redemption = AnyRedemption(rulebook.points, left);
  return proposal;
}

void ShowShares(std::ostream& out, const std::vector<Money>& shares) {
  for (const Money share : shares) {
    out << " " << share.value();
  }
  out << "\n";
}

void ShowPolicy(std::ostream& out, const MarginPolicy& policy) {
  const auto show = [&](const char* name, const Rate& rate) {
    out << name << " " << rate.numerator() << "/" << rate.denominator() << "\n";
  };
  const auto* assumed = std::get_if<Rate>(&policy.unknown_cost);
  if (assumed != nullptr) show("unknown cost", *assumed);
  for (const auto& [category, rate] : policy.category_cost) {
    show(category.c_str(), rate);
  }
  const auto show_caps = [&](const std::string& of, const MarginCaps& caps) {
    out << of << ": ";
    if (caps.max_discount) show("max_discount", *caps.max_discount);
    if (caps.max_share_of_margin) {
      show("max_share_of_margin", *caps.max_share_of_margin);
    }
    if (caps.min_margin) show("min_margin", *caps.min_margin);
    if (caps.max_discount_amount) {
      out << "max_discount_amount " << caps.max_discount_amount->value();
    }
    out << "\n";
  };
  show_caps("order", policy.order);
  show_caps("line", policy.line);
  for (const auto& [category, caps] : policy.category)
    show_caps(category, caps);
  for (const std::string& category : policy.excluded_categories)
    out << "excluded " << category << "\n";
  out << "never_below_cost " << policy.never_below_cost << ", counts points "
      << policy.counts_redeemed_points << "\n";
}

}  // namespace

RandomSale AnyRuledSale() {
  RandomSale sale;
  sale.rulebook = AnyRulebook();
  sale.rulebook.rules = AnyRules();
  if (OneIn(3)) sale.rulebook.money_rounding = MoneyRounding::kHalfEven;
  sale.order = AnyOrder(sale.rulebook);
  const MemberFacts nobody;
  absl::StatusOr<Proposed> proposed =
      ProposeBenefits({.rulebook = sale.rulebook,
                       .order = sale.order,
                       .member = nobody,
                       .time = absl::UnixEpoch()},
                      {});
  RC_ASSERT(proposed.ok());
  sale.proposal = std::move(proposed->proposal);
  std::vector<Money> left = AmountsOf(sale.order);
  for (const ProposedDiscount& discount : sale.proposal.discounts) {
    for (size_t i = 0; i < left.size(); ++i)
      left[i] -= discount.shares[i];
  }
  if (!OneIn(4)) {
    sale.proposal.redemption = AnyRedemption(sale.rulebook.points, left);
  }
  return sale;
}

RandomSale AnySale() {
  if (OneIn(3)) return AnyRuledSale();
  RandomSale sale;
  sale.rulebook = AnyRulebook();
  sale.order = AnyOrder(sale.rulebook);
  sale.proposal = AnyProposal(sale.rulebook, sale.order);
  return sale;
}

std::ostream& operator<<(std::ostream& out, const RandomSale& sale) {
  out << "prices include tax: " << sale.rulebook.prices_include_tax << "\n";
  if (sale.rulebook.margin) ShowPolicy(out, *sale.rulebook.margin);
  for (const OrderLine& line : sale.order.lines) {
    out << line.line_id << " amount " << line.amount.value() << " tax "
        << line.tax.value() << " cost "
        << (line.cost ? absl::StrCat(line.cost->value()) : "unknown")
        << " category \"" << line.category << "\" quantity " << line.quantity
        << "\n";
  }
  out << "shipping " << sale.order.shipping.value() << "\n";
  for (const ProposedDiscount& discount : sale.proposal.discounts) {
    out << discount.rule_id << " priority " << discount.priority << " minimum "
        << discount.minimum.value() << " shipping " << discount.shipping.value()
        << ":";
    ShowShares(out, discount.shares);
  }
  if (sale.proposal.redemption) {
    out << sale.proposal.redemption->points.value() << " points, priority "
        << sale.proposal.redemption->priority << ":";
    ShowShares(out, sale.proposal.redemption->shares);
  }
  return out;
}

}  // namespace pistis
