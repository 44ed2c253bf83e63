#include "engine/margin/guard.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/order/share_out.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A rulebook with this margin policy, prices with tax, points worth a cent.
Rulebook With(MarginPolicy policy) {
  Rulebook rulebook;
  rulebook.currency = {.code = "EUR", .decimals = 2};
  rulebook.points.value = Rate(1, 100);
  rulebook.margin = std::move(policy);
  return rulebook;
}

// The policy under which only what a test sets can bind.
MarginPolicy NoCost() {
  return {.unknown_cost = Rate(0, 1), .category_cost = {}};
}

Rulebook MaxDiscount(Rate rate) {
  MarginPolicy policy = NoCost();
  policy.order.max_discount = rate;
  return With(std::move(policy));
}

Rulebook NeverBelowCost() {
  MarginPolicy policy = NoCost();
  policy.never_below_cost = true;
  return With(std::move(policy));
}

OrderLine Line(int64_t amount, int64_t cost, int64_t tax = 0) {
  return {.amount = Money(amount), .tax = Money(tax), .cost = Money(cost)};
}

ProposedDiscount Off(const std::vector<int64_t>& shares, int priority = 100) {
  ProposedDiscount discount{.rule_id = "r", .code = "", .priority = priority};
  discount.shares = MoneyOf(shares);
  discount.requested = SumOf(discount.shares);
  return discount;
}

// Points worth a cent each, as a proposal that no share limit cut.
ProposedRedemption PayWith(const std::vector<int64_t>& shares,
                           int priority = 1000) {
  ProposedRedemption redemption{.priority = priority};
  redemption.shares = MoneyOf(shares);
  redemption.worth = SumOf(redemption.shares);
  redemption.points = Points(redemption.worth.value());
  redemption.share_limit = redemption.worth;
  redemption.requested_worth = redemption.worth;
  return redemption;
}

Grant GrantOf(const Rulebook& rulebook, const Order& order,
              const Proposal& proposal) {
  absl::StatusOr<Grant> grant = GrantBenefits(rulebook, order, proposal);
  EXPECT_TRUE(grant.ok()) << grant.status();
  return grant.ok() ? *std::move(grant) : Grant();
}

// The amounts granted, one for each discount.
std::vector<int64_t> Amounts(const Grant& grant) {
  std::vector<int64_t> amounts;
  for (const GrantedDiscount& discount : grant.discounts) {
    EXPECT_EQ(SumOf(discount.shares), discount.amount);
    amounts.push_back(discount.amount.value());
  }
  return amounts;
}

// "cap line: limit requested granted" for each cap that bound.
std::vector<std::string> Caps(const Grant& grant) {
  std::vector<std::string> shown;
  for (const BoundCap& cap : grant.caps) {
    shown.push_back(absl::StrCat(cap.cap_id, " ", cap.line_id, ": ",
                                 cap.limit.value(), " ", cap.requested.value(),
                                 " ", cap.granted.value()));
  }
  return shown;
}

TEST(GuardTest, WithoutAMarginPolicyAllIsGranted) {
  Rulebook rulebook = With(NoCost());
  rulebook.margin.reset();
  const Grant grant =
      GrantOf(rulebook, OrderOf({1000}), {{Off({600})}, PayWith({400})});
  EXPECT_THAT(Amounts(grant), ElementsAre(600));
  EXPECT_EQ(grant.redeemed, Money(400));
  EXPECT_THAT(grant.caps, IsEmpty());
  EXPECT_FALSE(grant.margin.has_value());
}

TEST(GuardTest, ACutIsSharedOutInProportion) {
  const Grant grant = GrantOf(MaxDiscount(Rate(1, 10)), OrderOf({1000, 500}),
                              {{Off({400, 200})}, {}});
  EXPECT_THAT(MinorOf(grant.line_discounts), ElementsAre(100, 50));
  EXPECT_THAT(Caps(grant),
              ElementsAre("margin.order.max_discount : 150 600 150"));
}

TEST(GuardTest, TheLowestPriorityIsCutFirst) {
  const Grant grant =
      GrantOf(MaxDiscount(Rate(1, 2)), OrderOf({1000}),
              {{Off({200}, 100), Off({300}, 500), Off({100}, 200)}, {}});
  EXPECT_THAT(Amounts(grant), ElementsAre(100, 300, 100));
}

TEST(GuardTest, OfEqualPrioritiesTheLaterIsCutFirst) {
  const Grant grant =
      GrantOf(MaxDiscount(Rate(1, 2)), OrderOf({1000}),
              {{Off({300}), Off({300}), Off({300})}, PayWith({100}, 100)});
  EXPECT_THAT(Amounts(grant), ElementsAre(300, 200, 0));
  EXPECT_EQ(grant.redeemed, Money());
}

TEST(GuardTest, RedeemedPointsComeBeforeDiscountsOfLowerPriority) {
  const Grant grant = GrantOf(MaxDiscount(Rate(1, 2)), OrderOf({1000}),
                              {{Off({300}, 999)}, PayWith({400}, 1000)});
  EXPECT_EQ(grant.redeemed, Money(400));
  EXPECT_THAT(Amounts(grant), ElementsAre(100));
}

TEST(GuardTest, AnExactFitBindsNothing) {
  const Grant grant =
      GrantOf(MaxDiscount(Rate(1, 3)), OrderOf({1000}), {{Off({333})}, {}});
  EXPECT_THAT(Amounts(grant), ElementsAre(333));
  EXPECT_THAT(grant.caps, IsEmpty());
}

TEST(GuardTest, RoundingTaxTwiceBindsNothingThatFits) {
  // Each cent of discount alone is a cent without tax, the three together two.
  MarginPolicy policy = NoCost();
  policy.order.max_share_of_margin = Rate(4, 100);
  policy.on_exceed = OnExceed::kRefuse;
  const Order order = OrderWith({Line(100, 0, 50)});
  const Grant grant = GrantOf(With(std::move(policy)), order,
                              {{Off({1}), Off({1}), Off({1})}, {}});
  EXPECT_THAT(Amounts(grant), ElementsAre(1, 1, 1));
  EXPECT_THAT(grant.caps, IsEmpty());
  EXPECT_EQ(grant.margin->given, Money(2));
}

TEST(GuardTest, NeverBelowCostCountsTaxAgainstTheDiscount) {
  // 12.00 with 2.00 tax at a cost of 9.00: 1.00 net, 1.20 as priced.
  const Grant grant = GrantOf(
      NeverBelowCost(), OrderWith({Line(1200, 900, 200)}), {{Off({500})}, {}});
  EXPECT_THAT(Amounts(grant), ElementsAre(120));
  EXPECT_EQ(grant.margin->after(), Money());
  EXPECT_THAT(Caps(grant),
              ElementsAre("margin.line.never_below_cost l1: 120 500 120"));
}

TEST(GuardTest, PointsMayPayBelowCost) {
  const Grant grant = GrantOf(NeverBelowCost(), OrderWith({Line(1000, 900)}),
                              {{Off({300})}, PayWith({700})});
  EXPECT_THAT(Amounts(grant), ElementsAre(100));
  EXPECT_EQ(grant.redeemed, Money(700));
}

TEST(GuardTest, ALineOfNegativeMarginGetsNothingAndMakesNoRoom) {
  MarginPolicy policy = NoCost();
  policy.order.max_share_of_margin = Rate(1, 2);
  const Grant grant = GrantOf(With(std::move(policy)),
                              OrderWith({Line(1000, 0), Line(100, 300)}),
                              {{Off({700, 50})}, {}});
  // Half of a margin of 1000 - 200.
  EXPECT_THAT(MinorOf(grant.line_discounts), ElementsAre(400, 0));
  EXPECT_THAT(Caps(grant),
              ElementsAre("margin.order.max_share_of_margin : 400 700 400",
                          "margin.line.negative_margin l2: 0 50 0"));
}

TEST(GuardTest, AnOrderOfNegativeMarginGetsNothing) {
  MarginPolicy policy = NoCost();
  policy.order.max_share_of_margin = Rate(1, 1);
  const Grant grant = GrantOf(With(std::move(policy)),
                              OrderWith({Line(100, 0), Line(100, 300)}),
                              {{Off({50, 0})}, PayWith({20, 20})});
  EXPECT_THAT(Amounts(grant), ElementsAre(0));
  EXPECT_EQ(grant.redeemed_points, Points());
}

TEST(GuardTest, UncountedPointsLeaveTheOrdersCapsAlone) {
  Rulebook rulebook = MaxDiscount(Rate(1, 10));
  rulebook.margin->counts_redeemed_points = false;
  const Grant grant =
      GrantOf(rulebook, OrderOf({1000}), {{Off({100})}, PayWith({900})});
  EXPECT_THAT(Amounts(grant), ElementsAre(100));
  EXPECT_EQ(grant.redeemed, Money(900));
  EXPECT_EQ(grant.margin->given, Money(100));
  EXPECT_THAT(grant.caps, IsEmpty());
}

TEST(GuardTest, ACapThatCutNothingIsNotListed) {
  // The line's cap leaves 100, well below half of the order.
  Rulebook rulebook = NeverBelowCost();
  rulebook.margin->order.max_discount = Rate(1, 2);
  Grant grant =
      GrantOf(rulebook, OrderWith({Line(1000, 900)}), {{Off({700})}, {}});
  EXPECT_THAT(Caps(grant),
              ElementsAre("margin.line.never_below_cost l1: 100 700 100"));
  // The order's cap takes the first down to 50, so the line has room for both.
  rulebook.margin->order.max_discount = Rate(5, 100);
  grant = GrantOf(rulebook, OrderWith({Line(1000, 900)}),
                  {{Off({90}), Off({50})}, {}});
  EXPECT_THAT(Caps(grant),
              ElementsAre("margin.order.max_discount : 50 140 50"));
}

TEST(RedemptionGuardTest, PointsAreCutToWholeSteps) {
  Rulebook rulebook = MaxDiscount(Rate(1, 2));
  rulebook.points.step = Points(50);
  rulebook.points.minimum = Points(100);
  Grant grant = GrantOf(rulebook, OrderOf({370}), {{}, PayWith({350})});
  EXPECT_EQ(grant.redeemed_points, Points(150));
  EXPECT_EQ(grant.redeemed, Money(150));
  EXPECT_THAT(Caps(grant),
              ElementsAre("margin.order.max_discount : 185 350 150"));
  grant = GrantOf(rulebook, OrderOf({199}), {{}, PayWith({150})});
  EXPECT_EQ(grant.redeemed_points, Points());
  EXPECT_EQ(grant.redeemed, Money());
  EXPECT_THAT(MinorOf(grant.redeemed_shares), ElementsAre(0));
}

TEST(RedemptionGuardTest, TheShareThatPointsMayPayIsReportedButNeverRefused) {
  Rulebook rulebook = MaxDiscount(Rate(1, 1));
  rulebook.margin->on_exceed = OnExceed::kRefuse;
  ProposedRedemption redemption = PayWith({500});
  redemption.requested_worth = Money(900);
  const Grant grant = GrantOf(rulebook, OrderOf({1000}), {{}, redemption});
  EXPECT_THAT(Caps(grant),
              ElementsAre("points.redeem.max_share : 500 900 500"));
}

TEST(RedemptionGuardTest, ALineWithoutNetRevenueDoesNotHoldUpTheOthers) {
  // All of the first line is tax, so points on it cost no margin; the second
  // may give one cent.
  MarginPolicy policy = NoCost();
  policy.order.max_share_of_margin = Rate(1, 1'000'000'000);
  const int64_t large = kMaxLineMoney.value();
  const Order order =
      OrderWith({Line(large, 0, large), Line(1'000'000'000, 0)});
  const Grant grant = GrantOf(With(std::move(policy)), order,
                              {{}, PayWith({large, 1'000'000'000})});
  EXPECT_EQ(grant.redeemed, kMaxLineMoney + Money(1));
}

TEST(RefuseTest, ACapThatBindsRefusesTheOrderByItsName) {
  Rulebook rulebook = MaxDiscount(Rate(1, 10));
  rulebook.margin->on_exceed = OnExceed::kRefuse;
  const Order order = OrderOf({1000});
  EXPECT_TRUE(GrantBenefits(rulebook, order, {{Off({100})}, {}}).ok());
  const absl::Status refused =
      GrantBenefits(rulebook, order, {{Off({101})}, {}}).status();
  EXPECT_EQ(RefusalOf(refused), "MARGIN_CAP");
  EXPECT_THAT(std::string(refused.message()),
              testing::HasSubstr("margin.order.max_discount"));
}

// The cost of a line of 10.00, of which 2.00 are tax, in this category.
std::optional<Money> CostIn(const std::string& category,
                            const MarginPolicy& policy) {
  const OrderLine line{
      .category = category, .amount = Money(1000), .tax = Money(200)};
  return LineCost(With(policy), policy, line);
}

TEST(LineCostTest, AStatedCostComesFirst) {
  MarginPolicy policy = NoCost();
  policy.category_cost = {{"a", Rate(1, 2)}};
  OrderLine line = Line(1000, 0);
  line.category = "a";
  EXPECT_EQ(LineCost(With(policy), policy, line), Money());
}

TEST(LineCostTest, TheLongestCategoryAboveTheLineWins) {
  MarginPolicy policy{
      .unknown_cost = Rate(7, 10),
      .category_cost = {{"drinks", Rate(1, 2)}, {"drinks/coffee", Rate(1, 4)}}};
  EXPECT_EQ(CostIn("drinks/coffee", policy), Money(200));
  EXPECT_EQ(CostIn("drinks/coffee/beans", policy), Money(200));
  EXPECT_EQ(CostIn("drinks/coffeetable", policy), Money(400));
  EXPECT_EQ(CostIn("drinks", policy), Money(400));
  EXPECT_EQ(CostIn("drinksets", policy), Money(560));
  EXPECT_EQ(CostIn("coffee", policy), Money(560));
  EXPECT_EQ(CostIn("", policy), Money(560));
}

TEST(LineCostTest, AnAssumedCostIsOfTheNetAmountRoundedHalfUp) {
  const MarginPolicy policy{.unknown_cost = Rate(1, 2), .category_cost = {}};
  const OrderLine line{.amount = Money(10), .tax = Money(1)};
  EXPECT_EQ(LineCost(With(policy), policy, line), Money(5));
}

TEST(LineCostTest, WhereUnknownCostRefusesDiscountsTheLineHasNoMarginToShare) {
  MarginPolicy policy{.unknown_cost = RefuseDiscounts{}, .category_cost = {}};
  EXPECT_EQ(CostIn("any", policy), std::nullopt);
  policy.order.max_share_of_margin = Rate(1, 1);
  const Order order = OrderWith({{.amount = Money(1000)}, Line(100, 40)});
  const Grant grant = GrantOf(With(policy), order, {{Off({500, 100})}, {}});
  EXPECT_THAT(MinorOf(grant.line_discounts), ElementsAre(0, 60));
  EXPECT_EQ(grant.margin->before(), Money(60));
  EXPECT_EQ(Caps(grant).back(),
            "margin.unknown_cost.refuse_discounts l1: 0 500 0");
}

TEST(NetTest, TaxOnTopIsNoPartOfTheAmount) {
  Rulebook rulebook = With(NoCost());
  const OrderLine line = Line(1000, 0, 200);
  EXPECT_EQ(NetAmount(rulebook, line), Money(800));
  EXPECT_EQ(NetDiscount(rulebook, line, Money(1)), Money(1));
  EXPECT_EQ(NetDiscount(rulebook, line, Money(5)), Money(4));
  rulebook.prices_include_tax = false;
  EXPECT_EQ(NetAmount(rulebook, line), Money(1000));
  EXPECT_EQ(NetDiscount(rulebook, line, Money(5)), Money(5));
}

TEST(CapCutTest, EachBenefitTellsWhatTheCapsHadLeftForIt) {
  MarginPolicy policy = NoCost();
  policy.order.max_discount = Rate(2, 10);
  policy.never_below_cost = true;
  const Order order = OrderWith({Line(1000, 900), Line(1000, 0)});
  const Grant grant =
      GrantOf(With(std::move(policy)), order,
              {.discounts = {Off({150, 100}, 300), Off({0, 400}, 200)},
               .redemption = PayWith({100, 0}, 50)});
  ASSERT_EQ(grant.discounts[0].cuts.size(), 1U);
  const CapCut& line = grant.discounts[0].cuts[0];
  EXPECT_EQ(line.cap_id, "margin.line.never_below_cost");
  EXPECT_EQ(line.line_id, "l1");
  EXPECT_EQ(line.left, Money(100));
  EXPECT_EQ(line.requested, Money(150));
  ASSERT_EQ(grant.discounts[1].cuts.size(), 1U);
  const CapCut& whole = grant.discounts[1].cuts[0];
  EXPECT_EQ(whole.cap_id, "margin.order.max_discount");
  EXPECT_EQ(whole.line_id, "");
  EXPECT_EQ(whole.left, Money(200));
  EXPECT_EQ(whole.requested, Money(400));
  ASSERT_EQ(grant.redeemed_cuts.size(), 1U);
  EXPECT_EQ(grant.redeemed_cuts[0].left, Money(0));
  EXPECT_EQ(grant.redeemed_cuts[0].requested, Money(100));
}

TEST(CapCutTest, ABenefitThatIsGrantedWholeTellsOfNoCap) {
  const Grant grant =
      GrantOf(MaxDiscount(Rate(2, 10)), OrderWith({Line(1000, 0)}),
              {.discounts = {Off({200})}, .redemption = {}});
  EXPECT_THAT(grant.discounts[0].cuts, IsEmpty());
}

// A unit of the first line, which is nearly all tax, costs no margin, and the
// order cut the second line to less than their category allows.
TEST(CategoryTest, WhatTheOrderCutsMayLeaveRoomInTheCategory) {
  MarginPolicy policy = NoCost();
  policy.order.max_share_of_margin = Rate(3, 110);
  policy.category["a"].max_discount = Rate(5, 100);
  OrderLine taxed = Line(100, 0, 90);
  OrderLine plain = Line(100, 0);
  taxed.category = plain.category = "a";
  const Grant grant = GrantOf(With(std::move(policy)),
                              OrderWith({taxed, plain}), {{Off({20, 20})}, {}});
  EXPECT_EQ(grant.discounts[0].shares, MoneyOf({8, 2}));
}

TEST(LargeOrderTest, TheLargestOrderIsGrantedInAMoment) {
  MarginPolicy policy{.unknown_cost = Rate(6, 10), .category_cost = {}};
  policy.order.max_discount = Rate(3, 10);
  policy.order.max_share_of_margin = Rate(1, 3);
  policy.never_below_cost = true;
  Order order;
  std::vector<int64_t> shares;
  for (int64_t i = 0; i < kMaxOrderLines; ++i) {
    order.lines.push_back({.amount = Money(4'999'000'000 + 7 * i),
                           .tax = Money(100'000'000 + 100'003 * i)});
    shares.push_back(20'000'000 + i);
  }
  const Order named = OrderWith(std::move(order.lines));
  Proposal proposal;
  for (int i = 0; i < 100; ++i)
    proposal.discounts.push_back(Off(shares));
  proposal.redemption = PayWith(shares, 50);
  const absl::Time begin = absl::Now();
  const Grant grant = GrantOf(With(std::move(policy)), named, proposal);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(5));
  EXPECT_FALSE(grant.caps.empty());
  EXPECT_TRUE(grant.discount().is_positive());
}

}  // namespace
}  // namespace pistis
