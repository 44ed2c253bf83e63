#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/rate.h"
#include "engine/rules/benefits.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const MemberFacts kMember{.member_id = MemberId("m1"),
                          .available = {},
                          .orders = 1,
                          .language = "en"};

// What each line got.
std::vector<LinePayment> Payments(const std::vector<int64_t>& discounts,
                                  const std::vector<int64_t>& redeemed) {
  std::vector<LinePayment> payments;
  for (size_t i = 0; i < discounts.size(); ++i) {
    payments.push_back(
        {.discount = Money(discounts[i]), .redeemed = Money(redeemed[i])});
  }
  return payments;
}

absl::StatusOr<Earned> TryEarn(const Rulebook& rulebook, const Order& order,
                               std::vector<LinePayment> payments,
                               const MemberFacts& member = kMember) {
  payments.resize(order.lines.size());
  const SaleView sale{
      .rulebook = rulebook, .order = order, .member = member, .time = {}};
  absl::StatusOr<Proposed> proposed = ProposeBenefits(sale, {});
  if (!proposed.ok()) return proposed.status();
  return EarnBenefits(sale, payments, std::move(proposed->admission));
}

Earned Earn(const std::string& yaml, const Order& order,
            std::vector<LinePayment> payments = {},
            const MemberFacts& member = kMember) {
  absl::StatusOr<Earned> earned =
      TryEarn(RulebookOf(yaml), order, std::move(payments), member);
  EXPECT_TRUE(earned.ok()) << earned.status();
  return earned.ok() ? *std::move(earned) : Earned();
}

std::vector<std::string> ByRule(const Earned& earned) {
  std::vector<std::string> shown;
  for (const RulePoints& rule : earned.by_rule) {
    shown.push_back(absl::StrCat(rule.rule_id, ": ", rule.points.value()));
  }
  return shown;
}

constexpr char kOnePerEuro[] =
    "rules: [{id: base, earn: {points: 1, per: \"1.00\"}}]\n";

TEST(EarnTest, PointsAreCountedOncePerOrderNotPerLine) {
  EXPECT_EQ(Earn(kOnePerEuro, OrderOf({50, 50, 50})).points, Points(1));
  EXPECT_EQ(Earn(kOnePerEuro, OrderOf({99})).points, Points());
  EXPECT_EQ(Earn(kOnePerEuro, OrderOf({100})).points, Points(1));
  EXPECT_EQ(Earn(kOnePerEuro, OrderOf({199, 100})).points, Points(2));
}

TEST(EarnTest, PointsAreForEachFullAmount) {
  const std::string yaml =
      "rules: [{id: base, earn: {points: 5, per: \"2.50\"}}]";
  EXPECT_EQ(Earn(yaml, OrderOf({499})).points, Points(5));
  EXPECT_EQ(Earn(yaml, OrderOf({500})).points, Points(10));
}

TEST(EarnTest, EachRuleRoundsByItselfInTheOrderOfWork) {
  const Earned earned = Earn(R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: flat, priority: 1, earn: {points: 7}}
  - {id: first, priority: 500, lines: line.sku == "s1", earn: {points: 2, per: "1.00"}}
  - {id: too-little, earn: {points: 9, per: "9.00"}}
)",
                             OrderOf({150, 160}));
  EXPECT_THAT(ByRule(earned), ElementsAre("first: 2", "base: 3", "flat: 7"));
  EXPECT_EQ(earned.points, Points(12));
  EXPECT_THAT(MinorOf(earned.earning), ElementsAre(150, 160));
}

TEST(EarnTest, PointsAreEarnedOnWhatIsLeftAfterDiscountsAndPoints) {
  const Earned earned =
      Earn(kOnePerEuro, OrderOf({1000, 500}), Payments({100, 0}, {0, 250}));
  EXPECT_EQ(earned.points, Points(11));
  EXPECT_THAT(MinorOf(earned.earning), ElementsAre(900, 250));
}

TEST(EarnTest, OrOnAmountsBeforeDiscountsButNeverOnWhatPointsPaid) {
  const Earned earned =
      Earn(absl::StrCat(kOnePerEuro, "earning_basis: {after_discounts: false}"),
           OrderOf({1000, 500}), Payments({100, 0}, {0, 250}));
  EXPECT_THAT(MinorOf(earned.earning), ElementsAre(1000, 250));
}

// A line of 12.00, of which 2.00 are tax or which has 2.00 tax on top, with a
// discount of 3.00 and 1.00 paid in points.
std::vector<int64_t> BasisOfTaxedLine(const std::string& yaml) {
  const Order order = OrderWith({{.amount = Money(1200), .tax = Money(200)}});
  return MinorOf(
      Earn(absl::StrCat(kOnePerEuro, yaml), order, Payments({300}, {100}))
          .earning);
}

TEST(EarnTest, TheBasisIsWithOrWithoutTaxAsTheRulebookSays) {
  const std::string on_top = "tax: {prices_include_tax: false}\n";
  const std::string excluded = "earning_basis: {tax: excluded}\n";
  EXPECT_THAT(BasisOfTaxedLine(""), ElementsAre(800));
  // 800 * 200 / 1200 of it are tax, rounded half up.
  EXPECT_THAT(BasisOfTaxedLine(excluded), ElementsAre(667));
  EXPECT_THAT(BasisOfTaxedLine(on_top + excluded), ElementsAre(800));
  // The tax is on 9.00: points pay, they do not change what is taxed.
  EXPECT_THAT(BasisOfTaxedLine(on_top), ElementsAre(950));
}

TEST(EarnTest, TaxOnTopOfAFreeLineIsPaidAndEarns) {
  const Order order = OrderWith({{.amount = Money(), .tax = Money(150)}});
  const Earned earned = Earn(
      absl::StrCat(kOnePerEuro, "tax: {prices_include_tax: false}"), order);
  EXPECT_EQ(earned.points, Points(1));
}

std::vector<int64_t> LinePoints(const Earned& earned) {
  std::vector<int64_t> points;
  for (const Points line : earned.line_points)
    points.push_back(line.value());
  return points;
}

TEST(EarnTest, ALinesPointsAreThoseOfTheRulesThatSelectIt) {
  const Earned earned = Earn(R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: tea, lines: line.sku == "s2", earn: {points: 100}}
  - {id: both, lines: line.sku != "s1", earn: {points: 9}}
)",
                             OrderOf({1000, 200, 100}));
  EXPECT_THAT(LinePoints(earned), ElementsAre(10, 2 + 100 + 6, 1 + 3));
}

TEST(EarnTest, LinesShareByWhatTheyEarnOn) {
  EXPECT_THAT(LinePoints(Earn(kOnePerEuro, OrderOf({1000, 500}),
                              Payments({500, 0}, {0, 500}))),
              ElementsAre(5, 0));
  // Quotas 1.5 and 1.5 of three: the earlier line's counts first.
  EXPECT_THAT(LinePoints(Earn(kOnePerEuro, OrderOf({150, 150}))),
              ElementsAre(2, 1));
}

TEST(EarnTest, SmallRulesTogetherDoNotFavourTheFirstLine) {
  const Earned earned = Earn(R"(
rules:
  - {id: a, earn: {points: 1}}
  - {id: b, earn: {points: 1}}
  - {id: c, lines: line.amount > 0, earn: {points: 1}}
)",
                             OrderOf({100, 100, 100}));
  EXPECT_THAT(LinePoints(earned), ElementsAre(1, 1, 1));
}

TEST(EarnTest, LinesThatEarnOnNothingShareByTheirAmountsOrTheirUnits) {
  const std::string flat = "rules: [{id: flat, earn: {points: 12}}]";
  EXPECT_THAT(
      LinePoints(Earn(flat, OrderOf({300, 100}), Payments({0, 0}, {300, 100}))),
      ElementsAre(9, 3));
  EXPECT_THAT(
      LinePoints(Earn(flat, OrderWith({{.quantity = 1}, {.quantity = 5}}))),
      ElementsAre(2, 10));
}

RC_GTEST_PROP(EarnProperty, LinePointsSumExactlyToThePoints, ()) {
  static const Rulebook rulebook = RulebookOf(R"(
rules:
  - {id: base, earn: {points: 3, per: "0.70"}}
  - {id: flat, when: order.quantity > 2, earn: {points: 17}}
  - {id: some, lines: line.quantity > 1, earn: {points: 5, per: "0.11"}}
  - {id: free, lines: line.amount == 0, earn: {points: 7}}
)");
  std::vector<OrderLine> lines(*rc::gen::inRange<size_t>(1, 6));
  std::vector<LinePayment> payments(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    lines[i].quantity = *rc::gen::inRange<int64_t>(1, 4);
    lines[i].amount = Money(*rc::gen::inRange<int64_t>(0, 300));
    payments[i].discount =
        Money(*rc::gen::inRange<int64_t>(0, lines[i].amount.value() + 1));
  }
  const Order order = OrderWith(std::move(lines));
  const absl::StatusOr<Earned> earned = TryEarn(rulebook, order, payments);
  RC_ASSERT(earned.ok());
  RC_ASSERT(earned->line_points.size() == order.lines.size());
  Points sum;
  for (const Points line : earned->line_points) {
    RC_ASSERT(!line.is_negative());
    sum += line;
  }
  RC_ASSERT(sum == earned->points);
}

RC_GTEST_PROP(EarnProperty, WithTaxTheBasisIsWhatTheMemberPays, ()) {
  static const Rulebook on_top =
      RulebookOf(absl::StrCat(kOnePerEuro, "tax: {prices_include_tax: false}"));
  static const Rulebook contained = RulebookOf(kOnePerEuro);
  OrderLine line;
  line.amount = Money(*rc::gen::inRange<int64_t>(0, 500));
  line.tax = Money(*rc::gen::inRange<int64_t>(0, line.amount.value() + 1));
  LinePayment payment;
  payment.discount =
      Money(*rc::gen::inRange<int64_t>(0, line.amount.value() + 1));
  const Money left = line.amount - payment.discount;
  payment.redeemed = Money(*rc::gen::inRange<int64_t>(0, left.value() + 1));
  const Order order = OrderWith({line});
  const Money tax = line.amount.is_zero()
                        ? line.tax
                        : Money(MulDivHalfUp(line.tax.value(), left.value(),
                                             line.amount.value()));
  RC_ASSERT(TryEarn(contained, order, {payment})->earning[0] ==
            left - payment.redeemed);
  RC_ASSERT(TryEarn(on_top, order, {payment})->earning[0] ==
            left - payment.redeemed + tax);
}

TEST(EarnTest, FlatPointsNeedASelectedLine) {
  const std::string yaml = R"(
rules: [{id: tea, lines: line.sku == "tea", earn: {points: 50}, note: n, issue_code: c}]
codes: [{id: c, discount: {percent: "10%"}}]
notes: [{id: n, channel: email, text: {en: hello}}]
)";
  const Earned none = Earn(yaml, OrderOf({100}));
  EXPECT_EQ(none.points, Points());
  EXPECT_THAT(none.codes_to_issue, IsEmpty());
  EXPECT_THAT(none.notes_to_send, IsEmpty());
  const Earned earned = Earn(
      yaml, OrderWith({{.sku = "tea", .amount = Money(1)}, {.sku = "tea"}}));
  EXPECT_EQ(earned.points, Points(50));
  EXPECT_THAT(earned.codes_to_issue, ElementsAre(0));
  EXPECT_THAT(earned.notes_to_send, ElementsAre(0));
  EXPECT_EQ(earned.note_codes, (std::map<size_t, size_t>{{0, 0}}));
}

TEST(EarnTest, LinesThatNoEarningRuleSelectsHaveNoBasis) {
  const Earned earned = Earn(R"(
rules:
  - {id: tea, lines: line.sku == "s2", earn: {points: 1, per: "1.00"}}
  - {id: off, lines: line.sku == "s1", discount: {percent: "10%"}}
)",
                             OrderOf({1000, 500, 300}));
  EXPECT_THAT(MinorOf(earned.earning), ElementsAre(0, 500, 0));
}

TEST(EarnTest, AnAnonymousSaleEarnsNothing) {
  const Earned earned = Earn(R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}, note: n, issue_code: c}
codes: [{id: c, discount: {percent: "10%"}}]
notes: [{id: n, channel: email, text: {en: hello}}]
)",
                             OrderOf({1000}), {}, MemberFacts());
  EXPECT_EQ(earned.points, Points());
  EXPECT_THAT(earned.by_rule, IsEmpty());
  EXPECT_THAT(MinorOf(earned.earning), ElementsAre(0));
  EXPECT_THAT(LinePoints(earned), ElementsAre(0));
  EXPECT_THAT(earned.codes_to_issue, IsEmpty());
  EXPECT_THAT(earned.notes_to_send, IsEmpty());
}

TEST(EarnTest, EachCodeAndEachNoteComesOnce) {
  const Earned earned = Earn(R"(
rules:
  - {id: a, issue_code: d, note: n}
  - {id: b, issue_code: c, note: n}
  - {id: e, issue_code: d}
  - {id: no, when: member.orders == 2, issue_code: never, note: m}
codes:
  - {id: c, discount: {percent: "10%"}}
  - {id: d, discount: {percent: "10%"}}
  - {id: never, discount: {percent: "10%"}}
notes:
  - {id: m, channel: email, text: {en: bye}}
  - {id: n, channel: email, text: {en: hello}}
)",
                             OrderOf({1000}));
  EXPECT_THAT(earned.codes_to_issue, ElementsAre(1, 0));
  EXPECT_THAT(earned.notes_to_send, ElementsAre(1));
}

TEST(EarnTest, ARuleWithADiscountIsDecidedOnceForAllItsBenefits) {
  // Its condition holds before the discount and no longer after it.
  const std::string yaml = R"(
rules:
  - id: a
    when: order.remaining >= 1000
    discount: {percent: "50%"}
    earn: {points: 5}
)";
  EXPECT_EQ(Earn(yaml, OrderOf({1000}), Payments({500}, {0})).points,
            Points(5));
  EXPECT_EQ(Earn(yaml, OrderOf({999})).points, Points());
}

TEST(EarnTest, OtherRulesSeeWhatIsLeftToPay) {
  const std::string yaml =
      "rules: [{id: a, when: order.remaining >= 1000, earn: {points: 5}}]";
  EXPECT_EQ(Earn(yaml, OrderOf({1000})).points, Points(5));
  EXPECT_EQ(Earn(yaml, OrderOf({1000}), Payments({0}, {1})).points, Points());
}

TEST(EarnTest, MorePointsThanAnOrderMayEarnAreRefused) {
  const Order order = OrderOf({kMaxLineMoney.value(), kMaxLineMoney.value()});
  const Rulebook much =
      RulebookOf("rules: [{id: a, earn: {points: 1000000, per: \"0.01\"}}]");
  EXPECT_EQ(RefusalOf(TryEarn(much, order, {}).status()), "POINTS_OVERFLOW");
  const Rulebook twice = RulebookOf(R"(
rules:
  - {id: a, earn: {points: 1, per: "0.01"}}
  - {id: b, earn: {points: 1, per: "0.01"}}
)");
  EXPECT_EQ(
      RefusalOf(TryEarn(twice, OrderOf({kMaxLineMoney.value()}), {}).status()),
      "POINTS_OVERFLOW");
  EXPECT_EQ(TryEarn(twice, OrderOf({kMaxLineMoney.value() / 2}), {})->points,
            kMaxCommandPoints);
}

TEST(EarnTest, AHundredRulesMultiplyAndTheOthersAreNamed) {
  std::string yaml = "rules:\n  - {id: base, earn: {points: 7}}\n";
  for (int i = 100; i < 201; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i, ", earn: {multiply: \"1\"}}\n");
  }
  absl::StrAppend(&yaml, "  - {id: z, earn: {multiply: \"2\"}}\n");
  const Earned earned = Earn(yaml, OrderOf({1000}));
  EXPECT_EQ(earned.points, Points(7));
  ASSERT_EQ(earned.withheld.size(), 2U);
  EXPECT_EQ(earned.withheld[1].rule_id, "z");
  EXPECT_EQ(earned.withheld[1].why, Withheld::kTooManyMultiples);
}

}  // namespace
}  // namespace pistis
