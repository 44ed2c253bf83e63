// The inequalities of the guard, worked out again from the rulebook alone, for
// thousands of random sales.
#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/margin/cap_books_test.h"
#include "engine/margin/guard.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {
namespace {

Grant GrantOf(const RandomSale& sale) {
  RC_LOG() << sale;
  absl::StatusOr<Grant> grant =
      GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok());
  return *std::move(grant);
}

Books BooksOf(const RandomSale& sale, const Grant& grant) {
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    books.Add(benefit);
  }
  return books;
}

// All that a grant says, to compare two of them.
std::string Text(const Grant& grant) {
  std::string text = absl::StrCat(grant.redeemed_points.value(), " points ",
                                  grant.redeemed.value());
  const auto add = [&](const std::vector<Money>& shares) {
    absl::StrAppend(&text, ";");
    for (const Money share : shares)
      absl::StrAppend(&text, " ", share.value());
  };
  for (const GrantedDiscount& discount : grant.discounts)
    add(discount.shares);
  add(grant.redeemed_shares);
  add(grant.line_discounts);
  for (const BoundCap& cap : grant.caps) {
    absl::StrAppend(&text, "; ", cap.cap_id, " ", cap.line_id, " ",
                    cap.limit.value(), " ", cap.requested.value(), " ",
                    cap.granted.value());
  }
  return text;
}

RC_GTEST_PROP(GuardProperty, NoSaleBreaksACap, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  RC_ASSERT(BooksOf(sale, grant).Hold());
}

RC_GTEST_PROP(GuardProperty, GrantsAreWholeAndAtMostWhatWasAsked, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  std::vector<Money> by_line(sale.order.lines.size());
  Money shipping;
  RC_ASSERT(grant.discounts.size() == sale.proposal.discounts.size());
  for (size_t i = 0; i < grant.discounts.size(); ++i) {
    const GrantedDiscount& granted = grant.discounts[i];
    const ProposedDiscount& proposed = sale.proposal.discounts[i];
    RC_ASSERT(SumOf(granted.shares) + granted.shipping == granted.amount);
    RC_ASSERT(granted.amount.is_zero() || granted.amount >= proposed.minimum);
    RC_ASSERT(!granted.shipping.is_negative());
    RC_ASSERT(granted.shipping <= proposed.shipping);
    shipping += granted.shipping;
    for (size_t line = 0; line < by_line.size(); ++line) {
      RC_ASSERT(!granted.shares[line].is_negative());
      RC_ASSERT(granted.shares[line] <= proposed.shares[line]);
      by_line[line] += granted.shares[line];
    }
  }
  RC_ASSERT(by_line == grant.line_discounts);
  RC_ASSERT(SumOf(grant.redeemed_shares) == grant.redeemed);
  RC_ASSERT(shipping == grant.shipping_discount);
  RC_ASSERT(SumOf(by_line) + shipping == grant.discount());
}

RC_GTEST_PROP(GuardProperty, NoDiscountCouldGetOneMoreMinorUnitOnAnyLine, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    books.Add(benefit);
    if (benefit.is_points || benefit.is_dropped()) continue;
    if (benefit.shipping < benefit.requested_shipping) {
      Books more = books;
      more.AddShipping(1);
      RC_ASSERT(!more.Hold());
    }
    for (size_t line = 0; line < benefit.granted.size(); ++line) {
      if (benefit.granted[line] == benefit.requested[line]) continue;
      Books more = books;
      more.Add(benefit, line, 1);
      RC_ASSERT(!more.Hold());
    }
  }
}

RC_GTEST_PROP(GuardProperty, WhatIsDroppedWouldHaveBeenBelowItsMinimum, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    if (!benefit.is_dropped()) continue;
    RandomSale without = sale;
    without.proposal.discounts[benefit.index].minimum = Money();
    RC_ASSERT(GrantOf(without).discounts[benefit.index].amount <
              benefit.minimum);
  }
}

RC_GTEST_PROP(GuardProperty, PointsComeInStepsAndNotBelowTheMinimum, ()) {
  const RandomSale sale = AnySale();
  RC_PRE(sale.proposal.redemption.has_value());
  const Grant grant = GrantOf(sale);
  const PointsPolicy& policy = sale.rulebook.points;
  const ProposedRedemption& proposed = *sale.proposal.redemption;
  RC_ASSERT(grant.redeemed_points <= proposed.points);
  RC_ASSERT(grant.redeemed_points.value() % policy.step.value() == 0);
  RC_ASSERT(grant.redeemed_points.is_zero() ||
            grant.redeemed_points >= policy.minimum);
  RC_ASSERT(grant.redeemed ==
            policy.value->WorthOf(grant.redeemed_points, 100));
  RC_ASSERT(grant.redeemed_points.is_zero() == grant.redeemed.is_zero());
  for (size_t line = 0; line < proposed.shares.size(); ++line) {
    RC_ASSERT(grant.redeemed_shares[line] <= proposed.shares[line]);
  }
}

// Without tax it does not matter which line pays, so the next step can be tried
// on any that have room.
RC_GTEST_PROP(GuardProperty, WithoutTaxNoFurtherStepOfPointsWouldFit, ()) {
  RandomSale sale = AnySale();
  for (OrderLine& line : sale.order.lines)
    line.tax = Money();
  RC_PRE(sale.proposal.redemption.has_value());
  const Grant grant = GrantOf(sale);
  const PointsPolicy& policy = sale.rulebook.points;
  const ProposedRedemption& proposed = *sale.proposal.redemption;
  Points next = grant.redeemed_points + policy.step;
  while (next < policy.minimum)
    next += policy.step;
  const Money worth = policy.value->WorthOf(next, 100);
  RC_PRE(next <= proposed.points && worth.is_positive());
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    books.Add(benefit);
    if (benefit.is_points) break;
  }
  Money extra = worth - grant.redeemed;
  Benefit points{.is_points = true};
  for (size_t line = 0; line < proposed.shares.size(); ++line) {
    const Money room = proposed.shares[line] - grant.redeemed_shares[line];
    const Money added = std::min(room, extra);
    books.Add(points, line, added.value());
    extra -= added;
  }
  RC_ASSERT(extra.is_zero());
  RC_ASSERT(!books.BrokenOnOrder().empty());
}

RC_GTEST_PROP(GuardProperty, WhatHigherPrioritiesGetDoesNotHangOnLower, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  const std::vector<Benefit> benefits = InOrder(sale.proposal, grant);
  RC_PRE(!benefits.empty());
  RandomSale without = sale;
  const Benefit& lowest = benefits.back();
  if (lowest.is_points) {
    without.proposal.redemption.reset();
  } else {
    without.proposal.discounts.erase(without.proposal.discounts.begin() +
                                     static_cast<ptrdiff_t>(lowest.index));
  }
  const std::vector<Benefit> higher =
      InOrder(without.proposal, GrantOf(without));
  for (size_t i = 0; i < higher.size(); ++i) {
    RC_ASSERT(higher[i].granted == benefits[i].granted);
  }
}

RC_GTEST_PROP(GuardProperty, TheSameSaleGetsTheSameGrant, ()) {
  const RandomSale sale = AnySale();
  RC_ASSERT(Text(GrantOf(sale)) == Text(GrantOf(RandomSale(sale))));
}

RC_GTEST_PROP(GuardProperty, TheFiguresAreTheBooks, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  RC_ASSERT(grant.margin.has_value() == sale.rulebook.margin.has_value());
  if (!grant.margin) return;
  const Books books = BooksOf(sale, grant);
  RC_ASSERT(grant.margin->given.value() == books.NetGiven());
  RC_ASSERT(grant.margin->before().value() == books.MarginBefore());
  RC_ASSERT(grant.margin->after() ==
            grant.margin->before() - grant.margin->given);
}

// The most of what a benefit asks for on a line that the line's caps allow.
int64_t MostOnLine(const Books& books, const Benefit& benefit, size_t line) {
  int64_t low = 0;
  int64_t high = benefit.requested[line].value();
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    Books tried = books;
    tried.Add(benefit, line, middle);
    if (benefit.is_points || tried.BrokenOnLine(line).empty()) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

// The caps in the way of a benefit: those of lines that allow less than it asks
// for, and those of the order that break where it gets all that lines allow.
std::set<std::string> InTheWay(const RandomSale& sale, const Books& before,
                               const Benefit& benefit) {
  std::set<std::string> caps;
  Books all = before;
  for (size_t line = 0; line < benefit.requested.size(); ++line) {
    const int64_t most = MostOnLine(before, benefit, line);
    if (most < benefit.requested[line].value()) {
      Books broken = before;
      broken.Add(benefit, line, most + 1);
      caps.insert(absl::StrCat(broken.BrokenOnLine(line), " ",
                               sale.order.lines[line].line_id));
    }
    all.Add(benefit, line, most);
  }
  all.AddShipping(benefit.requested_shipping.value());
  for (const std::string& cap : all.BrokenOnOrder())
    caps.insert(cap + " ");
  return caps;
}

RC_GTEST_PROP(GuardProperty, ExactlyTheCapsThatCutSomethingAreListed, ()) {
  const RandomSale sale = AnySale();
  const Grant grant = GrantOf(sale);
  std::set<std::string> expected;
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, grant)) {
    expected.merge(InTheWay(sale, books, benefit));
    books.Add(benefit);
  }
  std::set<std::string> listed;
  for (const BoundCap& cap : grant.caps) {
    RC_ASSERT(listed.insert(cap.cap_id + " " + cap.line_id).second);
    RC_ASSERT(cap.granted <= cap.limit);
    RC_ASSERT(cap.limit < cap.requested);
  }
  RC_ASSERT(listed == expected);
}

RC_GTEST_PROP(GuardProperty, RefuseRefusesExactlyWhatTrimWouldCut, ()) {
  RandomSale sale = AnySale();
  RC_PRE(sale.rulebook.margin.has_value());
  const Grant trimmed = GrantOf(sale);
  sale.rulebook.margin->on_exceed = OnExceed::kRefuse;
  const absl::StatusOr<Grant> grant =
      GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok() == trimmed.caps.empty());
  if (grant.ok()) {
    RC_ASSERT(Text(*grant) == Text(trimmed));
  } else {
    RC_ASSERT(RefusalOf(grant.status()) == "MARGIN_CAP");
  }
}

}  // namespace
}  // namespace pistis
