#include "tests/support/random_sale.h"

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/order/share_out.h"
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
  if (!OneIn(3)) policy.max_discount = AnyRate();
  if (!OneIn(3)) policy.max_share_of_margin = AnyRate();
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

Order AnyOrder(const Rulebook& rulebook) {
  const int64_t scale =
      *rc::gen::element<int64_t>(5, 40, 3000, kMaxLineMoney.value());
  std::vector<OrderLine> lines(static_cast<size_t>(Between(1, 5)));
  for (OrderLine& line : lines) {
    line = AnyLine(rulebook, scale);
  }
  return OrderWith(std::move(lines));
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
  std::vector<Money> left;
  for (const OrderLine& line : order.lines) {
    left.push_back(line.amount);
  }
  const int64_t discounts = Between(0, 4);
  for (int64_t i = 0; i < discounts; ++i) {
    ProposedDiscount discount{.rule_id = absl::StrCat("r", i), .code = ""};
    discount.priority = *rc::gen::element(100, 100, 200, 500, 1000, 2000);
    discount.shares = TakeSome(left);
    discount.requested = SumOf(discount.shares);
    proposal.discounts.push_back(std::move(discount));
  }
  if (OneIn(2)) proposal.redemption = AnyRedemption(rulebook.points, left);
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
  if (policy.max_discount) show("max_discount", *policy.max_discount);
  if (policy.max_share_of_margin) {
    show("max_share_of_margin", *policy.max_share_of_margin);
  }
  out << "never_below_cost " << policy.never_below_cost << ", counts points "
      << policy.counts_redeemed_points << "\n";
}

}  // namespace

RandomSale AnySale() {
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
        << " category \"" << line.category << "\"\n";
  }
  for (const ProposedDiscount& discount : sale.proposal.discounts) {
    out << discount.rule_id << " priority " << discount.priority << ":";
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
