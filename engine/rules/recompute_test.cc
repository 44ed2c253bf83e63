#include "engine/rules/recompute.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/rules/benefits.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::IsEmpty;

const MemberFacts kBuyer{.member_id = MemberId("m1"),
                         .available = Points(70),
                         .orders = 2,
                         .language = "en"};

// A sale and what has come back of it.
struct Sale {
  Rulebook rulebook;
  Order order;
  MemberFacts member = kBuyer;
  std::vector<SoldLine> sold;
  Points earned;

  [[nodiscard]] Points Kept() const {
    return *RecomputePoints(
        {.rulebook = rulebook, .order = order, .member = member, .time = {}},
        sold);
  }
};

Sale Sell(Rulebook rulebook, Order order,
          const std::vector<LinePayment>& payments,
          const MemberFacts& member = kBuyer) {
  Sale sale{.rulebook = std::move(rulebook),
            .order = std::move(order),
            .member = member};
  Order without_points = sale.order;
  without_points.redeem.reset();
  const SaleView view{.rulebook = sale.rulebook,
                      .order = without_points,
                      .member = member,
                      .time = {}};
  absl::StatusOr<Proposed> proposed = ProposeBenefits(view, {});
  const absl::StatusOr<Earned> earned =
      EarnBenefits(view, payments, std::move(proposed->admission));
  EXPECT_TRUE(earned.ok()) << earned.status();
  for (size_t i = 0; i < payments.size(); ++i) {
    const OrderLine& line = sale.order.lines[i];
    sale.sold.push_back({.line_id = line.line_id,
                         .quantity = line.quantity,
                         .amount = line.amount,
                         .discount = payments[i].discount,
                         .redeemed = payments[i].redeemed,
                         .points = earned->line_points[i]});
  }
  sale.earned = earned->points;
  return sale;
}

Sale SellAtFullPrice(const std::string& yaml, const Order& order) {
  return Sell(RulebookOf(yaml), order,
              std::vector<LinePayment>(order.lines.size()));
}

Sale Return(Sale sale, const std::vector<ReturnedPart>& parts) {
  absl::StatusOr<std::vector<SoldLine>> after = ReturnParts(sale.sold, parts);
  EXPECT_TRUE(after.ok()) << after.status();
  if (after.ok()) sale.sold = *std::move(after);
  return sale;
}

ReturnedPart Units(std::string line_id, int64_t quantity) {
  return {.line_id = std::move(line_id), .quantity = quantity, .amount = {}};
}

ReturnedPart Part(std::string line_id, int64_t amount) {
  return {
      .line_id = std::move(line_id), .quantity = {}, .amount = Money(amount)};
}

constexpr char kBigBasket[] = R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: big, when: order.subtotal >= amount("50.00"), earn: {points: 100}}
)";

TEST(RecomputeTest, AThresholdThatIsNoLongerMetFallsAway) {
  const Sale sale = SellAtFullPrice(kBigBasket, OrderOf({4000, 2000}));
  EXPECT_EQ(sale.earned, Points(160));
  EXPECT_EQ(Return(sale, {Units("l2", 1)}).Kept(), Points(40));
  // In proportion, the bulb would take 53 and not 120.
  EXPECT_EQ(SumReturned(Return(sale, {Units("l2", 1)}).sold).points,
            Points(53));
}

TEST(RecomputeTest, AThresholdThatIsJustMetStays) {
  const Sale sale = SellAtFullPrice(kBigBasket, OrderOf({4000, 2000}));
  EXPECT_EQ(Return(sale, {Part("l2", 1000)}).Kept(), Points(150));
  EXPECT_EQ(Return(sale, {Part("l2", 1001)}).Kept(), Points(49));
}

TEST(RecomputeTest, SomeUnitsOfALineCountAsFewerWereBought) {
  const std::string yaml = R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: three, lines: line.quantity >= 3, earn: {points: 50}}
  - {id: dear, lines: line.unit_amount == 1000, earn: {points: 7}}
)";
  const Sale sale = SellAtFullPrice(
      yaml, OrderWith({{.quantity = 4, .amount = Money(4000)}}));
  EXPECT_EQ(sale.earned, Points(97));
  EXPECT_EQ(Return(sale, {Units("l1", 1)}).Kept(), Points(30 + 50 + 7));
  EXPECT_EQ(Return(sale, {Units("l1", 2)}).Kept(), Points(20 + 7));
}

TEST(RecomputeTest, AWhollyReturnedLineIsAbsent) {
  const Sale sale = SellAtFullPrice(R"(
rules:
  - {id: two, when: size(order.lines) == 2, earn: {points: 10}}
  - {id: gift, lines: line.amount == 0, earn: {points: 3}}
)",
                                    OrderOf({1000, 0}));
  EXPECT_EQ(sale.earned, Points(13));
  EXPECT_EQ(Return(sale, {Units("l1", 1)}).Kept(), Points(3));
  EXPECT_EQ(Return(sale, {Units("l2", 1)}).Kept(), Points());
}

TEST(RecomputeTest, NothingIsKeptOfAWholeReturn) {
  const Sale sale = SellAtFullPrice("rules: [{id: flat, earn: {points: 10}}]",
                                    OrderOf({1000, 0}));
  EXPECT_EQ(Return(sale, {}).Kept(), Points());
  EXPECT_THAT(KeptOrder(sale.order, Return(sale, {}).sold).lines, IsEmpty());
}

TEST(RecomputeTest, DiscountsAndPointsStayAsTheyWereGranted) {
  // 10.00 off in all, 5.00 paid in points; the second line keeps its part.
  const Sale sale = Sell(RulebookOf(R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: off, when: order.subtotal >= 6000, discount: {amount: "10.00"}}
)"),
                         OrderOf({4000, 2000}),
                         {{.discount = Money(700), .redeemed = Money(300)},
                          {.discount = Money(300), .redeemed = Money(200)}});
  EXPECT_EQ(sale.earned, Points(45));
  EXPECT_EQ(Return(sale, {Units("l1", 1)}).Kept(), Points(15));
  EXPECT_EQ(Return(sale, {Part("l2", 1000)}).Kept(), Points(30 + 7));
}

TEST(RecomputeTest, TheDecisionOfARuleWithADiscountIsMadeAnew) {
  const Sale sale = SellAtFullPrice(R"(
rules:
  - id: big
    when: order.remaining >= 5000
    discount: {percent: "10%"}
    earn: {points: 100}
  - id: next
    priority: 1
    when: order.remaining >= 4500
    discount: {amount: "1.00"}
    earn: {points: 20}
)",
                                    OrderOf({4000, 1500}));
  EXPECT_EQ(sale.earned, Points(120));
  EXPECT_EQ(Return(sale, {Part("l2", 500)}).Kept(), Points(120));
  EXPECT_EQ(Return(sale, {Part("l2", 501)}).Kept(), Points(20));
  EXPECT_EQ(Return(sale, {Units("l2", 1)}).Kept(), Points());
}

TEST(RecomputeTest, TheMemberAndTheTypedCodesAreThoseOfTheSale) {
  Order order = OrderOf({1000, 1000});
  order.codes = {"TY-1"};
  order.redeem = RedeemRequest{};
  order.channel = "web";
  order.shipping = Money(300);
  const Sale sale = SellAtFullPrice(R"(
rules:
  - id: all
    when: >-
      member.orders == 2 && member.points == 70 && order.shipping == 300
      && order.codes == ["TY-1"] && order.channel == "web"
    earn: {points: 9}
)",
                                    order);
  EXPECT_EQ(sale.earned, Points(9));
  EXPECT_EQ(Return(sale, {Units("l1", 1)}).Kept(), Points(9));
}

TEST(RecomputeTest, TaxCostAndUnitsAreReducedWithTheLine) {
  const Order order = OrderWith({{.quantity = 3,
                                  .amount = Money(1000),
                                  .tax = Money(200),
                                  .cost = Money(100)},
                                 {.amount = Money(5)}});
  const Sale sale = SellAtFullPrice("", order);
  const Order kept = KeptOrder(order, Return(sale, {Units("l1", 1)}).sold);
  ASSERT_EQ(kept.lines.size(), 2U);
  EXPECT_EQ(kept.lines[0].quantity, 2);
  EXPECT_EQ(kept.lines[0].amount, Money(667));
  EXPECT_EQ(kept.lines[0].tax, Money(134));
  EXPECT_EQ(kept.lines[0].cost, Money(67));
  EXPECT_EQ(kept.lines[1].amount, Money(5));
  EXPECT_FALSE(kept.lines[1].cost.has_value());
}

TEST(RecomputeTest, TheBasisOfTheRestHasItsPartOfTheTax) {
  const std::string yaml =
      absl::StrCat("earning_basis: {tax: excluded}\n",
                   "rules: [{id: base, earn: {points: 1, per: \"0.01\"}}]\n");
  const Sale sale = SellAtFullPrice(
      yaml,
      OrderWith({{.quantity = 2, .amount = Money(1210), .tax = Money(210)}}));
  EXPECT_EQ(sale.earned, Points(1000));
  EXPECT_EQ(Return(sale, {Units("l1", 1)}).Kept(), Points(500));
}

TEST(RecomputeTest, NeverMoreIsKeptThanWasEarned) {
  const Sale small = SellAtFullPrice(R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: small, when: order.subtotal < 2000, earn: {points: 500}}
)",
                                     OrderOf({1000, 1000}));
  EXPECT_EQ(small.earned, Points(20));
  EXPECT_EQ(Return(small, {Units("l1", 1)}).Kept(), Points(20));
  const Sale overflow = SellAtFullPrice(R"(
rules:
  - id: small
    when: order.subtotal < 1000000000000
    earn: {points: 1000000, per: "0.01"}
)",
                                        OrderOf({1, 1'000'000'000'000}));
  EXPECT_EQ(overflow.earned, Points());
  EXPECT_EQ(Return(overflow, {Part("l2", 1)}).Kept(), Points());
}

TEST(RecomputeTest, AnAnonymousSaleKeepsNothing) {
  const Sale sale = Sell(RulebookOf(kBigBasket), OrderOf({6000, 1000}),
                         std::vector<LinePayment>(2), MemberFacts());
  EXPECT_EQ(sale.Kept(), Points());
  EXPECT_EQ(Return(sale, {Units("l2", 1)}).Kept(), Points());
}

TEST(RecomputeTest, RoundingOfSharesLeavesNoLineBelowZero) {
  // The two units left cost 0.02; rounded up, 0.01 of that was discounted and
  // 0.02 paid in points.
  const Sale sale = Sell(
      RulebookOf("rules: [{id: base, earn: {points: 1, per: \"0.01\"}}]"),
      OrderWith({{.quantity = 3, .amount = Money(3)}, {.amount = Money(1)}}),
      {{.discount = Money(1), .redeemed = Money(2)}, {}});
  EXPECT_EQ(sale.earned, Points(1));
  EXPECT_EQ(Return(sale, {Units("l1", 1)}).Kept(), Points(1));
}

constexpr char kManyRules[] = R"(
points: {value: "0.01"}
rules:
  - {id: base, earn: {points: 3, per: "0.70"}}
  - {id: big, when: order.subtotal >= 400, earn: {points: 40}}
  - {id: left, when: order.remaining >= 300, earn: {points: 11}}
  - {id: many, lines: line.quantity > 1, earn: {points: 5, per: "0.11"}}
  - id: off
    when: order.remaining >= 350
    discount: {percent: "10%"}
    earn: {points: 9}
  - id: off-lines
    lines: line.unit_amount > 50
    when: order.quantity >= 4
    discount: {amount: "0.70"}
    earn: {points: 2, per: "0.50"}
)";

// A sale whose discounts and points are whatever some guard granted.
Sale AnySale(const Rulebook& rulebook) {
  std::vector<OrderLine> lines(*rc::gen::inRange<size_t>(1, 6));
  std::vector<LinePayment> payments(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    OrderLine& line = lines[i];
    line.quantity = *rc::gen::inRange<int64_t>(1, 5);
    line.amount = Money(*rc::gen::inRange<int64_t>(0, 300));
    line.tax = Money(*rc::gen::inRange<int64_t>(0, line.amount.value() + 1));
    const int64_t most = line.amount.value();
    const Money discount(*rc::gen::inRange<int64_t>(0, most + 1));
    const Money redeemed(
        *rc::gen::inRange<int64_t>(0, most - discount.value() + 1));
    payments[i] = {.discount = discount, .redeemed = redeemed};
  }
  return Sell(rulebook, OrderWith(std::move(lines)), payments);
}

Rulebook AnyRulebook() {
  static const std::vector<Rulebook> rulebooks = {
      RulebookOf(kManyRules),
      RulebookOf(absl::StrCat("earning_basis: {tax: excluded}", kManyRules)),
      RulebookOf(absl::StrCat("earning_basis: {after_discounts: false}\n",
                              "tax: {prices_include_tax: false}", kManyRules))};
  return rulebooks[*rc::gen::inRange<size_t>(0, rulebooks.size())];
}

RC_GTEST_PROP(RecomputeProperty, AllThatIsKeptEarnsWhatTheSaleEarned, ()) {
  const Sale sale = AnySale(AnyRulebook());
  RC_ASSERT(sale.Kept() == sale.earned);
}

RC_GTEST_PROP(RecomputeProperty, AnyPartKeepsSomeOfItAndNothingNone, ()) {
  Sale sale = AnySale(AnyRulebook());
  for (int i = 0; i < 3; ++i) {
    const SoldLine& line = *rc::gen::elementOf(sale.sold);
    const ReturnedPart part =
        *rc::gen::arbitrary<bool>()
            ? Units(line.line_id,
                    *rc::gen::inRange<int64_t>(1, line.quantity + 1))
            : Part(line.line_id,
                   *rc::gen::inRange<int64_t>(1, line.amount.value() + 2));
    absl::StatusOr<std::vector<SoldLine>> after =
        ReturnParts(sale.sold, {part});
    if (after.ok()) sale.sold = *std::move(after);
    RC_ASSERT(!sale.Kept().is_negative());
    RC_ASSERT(sale.Kept() <= sale.earned);
  }
  if (!SumReturned(sale.sold).whole) sale.sold = *ReturnParts(sale.sold, {});
  RC_ASSERT(sale.Kept() == Points());
}

// Where only amounts count, keeping some lines is having bought only those.
RC_GTEST_PROP(RecomputeProperty, WholeLinesLessAreAsIfTheyWereNeverBought, ()) {
  static const Rulebook rulebook = RulebookOf(kBigBasket);
  Sale sale = AnySale(rulebook);
  std::vector<OrderLine> kept;
  std::vector<LinePayment> payments;
  for (size_t i = 0; i < sale.sold.size(); ++i) {
    SoldLine& line = sale.sold[i];
    if (*rc::gen::arbitrary<bool>()) {
      line.returned = line.amount;
      line.returned_quantity = line.quantity;
      continue;
    }
    kept.push_back(sale.order.lines[i]);
    payments.push_back({.discount = line.discount, .redeemed = line.redeemed});
  }
  const Sale alone = Sell(rulebook, OrderWith(std::move(kept)), payments);
  RC_ASSERT(sale.Kept() == alone.earned);
}

}  // namespace
}  // namespace pistis
