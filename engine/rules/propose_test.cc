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

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const MemberFacts kNobody;

MemberFacts MemberWith(Points available, int64_t orders = 1) {
  return {.member_id = MemberId("m1"),
          .available = available,
          .orders = orders,
          .language = "en"};
}

// The codes of the rulebook by these ids, typed in this order.
std::vector<CodeToApply> Typed(const Rulebook& rulebook,
                               const std::vector<std::string>& ids) {
  std::vector<CodeToApply> codes;
  codes.reserve(ids.size());
  for (const std::string& id : ids) {
    codes.push_back({.code_template = rulebook.FindCode(id), .typed = id});
  }
  return codes;
}

// A sale on 10 January 2026 at noon.
SaleView At(const Rulebook& rulebook, const Order& order,
            const MemberFacts& member) {
  return {.rulebook = rulebook,
          .order = order,
          .member = member,
          .time = absl::FromUnixSeconds(1'768'046'400)};
}

Proposed Propose(const Rulebook& rulebook, const Order& order,
                 const MemberFacts& member = kNobody,
                 const std::vector<std::string>& codes = {}) {
  absl::StatusOr<Proposed> proposed =
      ProposeBenefits(At(rulebook, order, member), Typed(rulebook, codes));
  EXPECT_TRUE(proposed.ok()) << proposed.status();
  return *std::move(proposed);
}

std::string RefusalOfProposal(const Rulebook& rulebook, const Order& order,
                              const MemberFacts& member,
                              const std::vector<std::string>& codes = {}) {
  return RefusalOf(
      ProposeBenefits(At(rulebook, order, member), Typed(rulebook, codes))
          .status());
}

// "rule or code: share share ..." for each proposed discount.
std::vector<std::string> DiscountsOf(const Proposed& proposed) {
  std::vector<std::string> shown;
  for (const ProposedDiscount& discount : proposed.proposal.discounts) {
    EXPECT_EQ(SumOf(discount.shares), discount.requested);
    std::string text = absl::StrCat(discount.rule_id, discount.code, ":");
    for (const Money share : discount.shares) {
      absl::StrAppend(&text, " ", share.value());
    }
    shown.push_back(text);
  }
  return shown;
}

std::vector<std::string> DiscountsOn(const std::string& rules,
                                     const Order& order) {
  return DiscountsOf(
      Propose(RulebookOf(absl::StrCat("rules:\n", rules)), order));
}

TEST(OrderOfWorkTest, SelectedLinesThenWholeOrderThenCodesThenPoints) {
  const Rulebook rulebook = RulebookOf(R"(
points: {value: "0.01"}
rules:
  - {id: whole, priority: 999, discount: {percent: "10%"}}
  - {id: selected, priority: 1, lines: line.sku == "s1", discount: {percent: "50%"}}
codes:
  - {id: ten, priority: 9999, discount: {percent: "10%"}}
)");
  Order order = OrderOf({1000, 500});
  order.redeem = RedeemRequest{Points(100)};
  const Proposed proposed =
      Propose(rulebook, order, MemberWith(Points(100)), {"ten"});
  EXPECT_THAT(DiscountsOf(proposed),
              ElementsAre("selected: 500 0", "whole: 50 50", "ten: 45 45"));
  ASSERT_TRUE(proposed.proposal.redemption.has_value());
  EXPECT_THAT(MinorOf(proposed.proposal.redemption->shares),
              ElementsAre(50, 50));
}

TEST(OrderOfWorkTest, InAStageByPriorityThenId) {
  EXPECT_THAT(DiscountsOn(R"(
  - {id: c, discount: {percent: "10%"}}
  - {id: a, priority: 50, discount: {percent: "10%"}}
  - {id: d, priority: 200, discount: {percent: "10%"}}
  - {id: b, discount: {percent: "10%"}}
)",
                          OrderOf({10000})),
              ElementsAre("d: 1000", "b: 900", "c: 810", "a: 729"));
}

TEST(OrderOfWorkTest, CodesByPriorityThenIdHoweverTheyWereTyped) {
  const Rulebook rulebook = RulebookOf(R"(
codes:
  - {id: b, discount: {percent: "10%"}}
  - {id: a, discount: {amount: "5.00"}}
  - {id: first, priority: 501, discount: {percent: "50%"}}
)");
  for (const auto& typed : std::vector<std::vector<std::string>>{
           {"a", "b", "first"}, {"b", "first", "a"}, {"first", "b", "a"}}) {
    EXPECT_THAT(
        DiscountsOf(Propose(rulebook, OrderOf({10000}), kNobody, typed)),
        ElementsAre("first: 5000", "a: 500", "b: 450"));
  }
}

TEST(OrderOfWorkTest, EachPercentageAppliesToWhatEarlierOnesLeft) {
  EXPECT_THAT(DiscountsOn(R"(
  - {id: a, discount: {percent: "50%"}}
  - {id: b, discount: {percent: "50%"}}
  - {id: c, discount: {percent: "100%"}}
  - {id: d, discount: {percent: "50%"}}
)",
                          OrderOf({100, 300})),
              ElementsAre("a: 50 150", "b: 25 75", "c: 25 75"));
}

TEST(DiscountTest, APercentageRoundsHalfUpOnceOnTheSum) {
  const std::string half = R"(  - {id: a, discount: {percent: "50%"}})";
  EXPECT_THAT(DiscountsOn(half, OrderOf({1})), ElementsAre("a: 1"));
  EXPECT_THAT(DiscountsOn(half, OrderOf({1, 1})), ElementsAre("a: 1 0"));
  EXPECT_THAT(DiscountsOn(half, OrderOf({1, 1, 1})), ElementsAre("a: 1 1 0"));
  EXPECT_THAT(DiscountsOn(R"(  - {id: a, discount: {percent: "12.5%"}})",
                          OrderOf({99})),
              ElementsAre("a: 12"));
}

TEST(DiscountTest, APercentageThatComesToNothingIsNoDiscount) {
  EXPECT_THAT(
      DiscountsOn(R"(  - {id: a, discount: {percent: "1%"}})", OrderOf({49})),
      IsEmpty());
}

TEST(DiscountTest, APercentageGivesAtMostItsMax) {
  const std::string rule =
      R"(  - {id: a, discount: {percent: "50%", max: "1.00"}})";
  EXPECT_THAT(DiscountsOn(rule, OrderOf({300, 100})), ElementsAre("a: 75 25"));
  EXPECT_THAT(DiscountsOn(rule, OrderOf({200})), ElementsAre("a: 100"));
  EXPECT_THAT(DiscountsOn(rule, OrderOf({100})), ElementsAre("a: 50"));
}

TEST(DiscountTest, AnAmountTakesAtMostWhatIsLeft) {
  EXPECT_THAT(DiscountsOn(R"(
  - {id: a, discount: {amount: "5.00"}}
  - {id: b, discount: {amount: "5.00"}}
  - {id: c, discount: {amount: "5.00"}}
)",
                          OrderOf({600, 200})),
              ElementsAre("a: 375 125", "b: 225 75"));
}

TEST(DiscountTest, AHundredRulesGiveADiscountAndTheOthersAreNamed) {
  std::string yaml = "rules:\n";
  for (int i = 100; i < 202; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i,
                    ", discount: {amount: \"0.01\"}}\n");
  }
  const Rulebook rulebook = RulebookOf(yaml);
  const Proposed proposed = Propose(rulebook, OrderOf({1000}));
  EXPECT_EQ(proposed.proposal.discounts.size(), 100U);
  const std::vector<WithheldRule>& withheld = proposed.admission.withheld();
  ASSERT_EQ(withheld.size(), 2U);
  EXPECT_EQ(withheld[0].rule_id, "r200");
  EXPECT_EQ(withheld[0].why, Withheld::kTooManyDiscounts);
  EXPECT_EQ(withheld[1].rule_id, "r201");
}

TEST(DiscountTest, OnlyTheSelectedLinesAreDiscounted) {
  const std::string rule = R"(
  - id: a
    lines: line.category.startsWith("drinks/") && "hot" in line.tags
    discount: {amount: "1.00"}
)";
  const Order order = OrderWith(
      {{.category = "drinks/tea", .tags = {"hot"}, .amount = Money(300)},
       {.category = "drinks/tea", .amount = Money(500)},
       {.category = "drinks/coffee",
        .tags = {"new", "hot"},
        .amount = Money(100)}});
  EXPECT_THAT(DiscountsOn(rule, order), ElementsAre("a: 75 0 25"));
  EXPECT_THAT(DiscountsOn(rule, OrderOf({100})), IsEmpty());
}

TEST(DiscountTest, AnAnonymousSaleIsDiscountedToo) {
  EXPECT_THAT(DiscountsOn(R"(
  - {id: all, discount: {percent: "10%"}}
  - {id: members, when: member.known, discount: {percent: "10%"}}
)",
                          OrderOf({100})),
              ElementsAre("all: 10"));
}

// A condition on the order, and whether it holds.
struct Case {
  std::string condition;
  bool holds;
};

class ConditionTest : public testing::TestWithParam<Case> {};

TEST_P(ConditionTest, SeesTheOrderAndTheMember) {
  const Rulebook rulebook =
      RulebookOf(absl::StrCat("rules: [{id: a, when: '", GetParam().condition,
                              "', discount: {percent: \"10%\"}}]"));
  Order order = OrderOf({1000, 2000});
  order.lines[0].quantity = 4;
  order.channel = "pos";
  order.store_id = "athens";
  order.terminal_id = "t1";
  order.shipping = Money(350);
  order.codes = {"TY"};
  order.attributes = {{"campaign", "spring"}};
  const Proposed proposed = Propose(rulebook, order, MemberWith(Points(70), 3));
  EXPECT_EQ(proposed.admission.admitted(0), GetParam().holds);
  EXPECT_EQ(proposed.proposal.discounts.empty(), !GetParam().holds);
}

INSTANTIATE_TEST_SUITE_P(
    When, ConditionTest,
    testing::Values(
        Case{"order.subtotal >= amount(\"30.00\")", true},
        Case{"order.subtotal > amount(\"30.00\")", false},
        Case{"order.remaining == order.subtotal", true},
        Case{"order.quantity == 5", true},
        Case{"order.channel == \"pos\" && order.store == \"athens\"", true},
        Case{"order.terminal == \"t1\" && order.shipping == 350", true},
        Case{"\"TY\" in order.codes", true},
        Case{"order.attributes[\"campaign\"] == \"spring\"", true},
        Case{"order.attributes[\"missing\"] == \"\"", false},
        Case{"order.attributes[\"missing\"] != \"\"", false},
        Case{"member.known && member.id == \"m1\"", true},
        Case{"member.orders >= 3 && member.points == 70", true},
        Case{"member.orders > 3", false},
        Case{"member.language == \"en\"", true}));

TEST(LineConditionTest, SeesTheLine) {
  const Order order = OrderWith({{.sku = "a",
                                  .quantity = 3,
                                  .amount = Money(1000),
                                  .attributes = {{"size", "large"}}},
                                 {.sku = "b", .amount = Money(1000)}});
  for (const char* condition :
       {R"(line.sku == "a")", "line.quantity == 3", "line.unit_amount == 333",
        R"(line.attributes["size"] == "large")"}) {
    EXPECT_THAT(DiscountsOn(absl::StrCat("  - {id: x, lines: '", condition,
                                         "', discount: {percent: \"10%\"}}"),
                            order),
                ElementsAre("x: 100 0"))
        << condition;
  }
}

TEST(LineConditionTest, ConditionsSeeWhatEarlierDiscountsLeft) {
  EXPECT_THAT(DiscountsOn(R"(
  - {id: a, priority: 3, lines: line.amount == 1000, discount: {percent: "50%"}}
  - {id: b, priority: 2, lines: line.remaining == 500, discount: {amount: "1.00"}}
  - {id: c, when: order.remaining == 2400 && order.subtotal == 3000, discount: {amount: "1.00"}}
)",
                          OrderOf({1000, 2000})),
              ElementsAre("a: 500 0", "b: 100 0", "c: 17 83"));
}

TEST(CodeDiscountTest, ACodeThatDoesNotApplyIsRefusedWithItsCondition) {
  const Rulebook rulebook = RulebookOf(R"(
codes:
  - {id: from-30, when: 'order.subtotal >= amount("30.00")', discount: {percent: "10%"}}
  - {id: tea, lines: line.sku == "tea", discount: {percent: "10%"}}
)");
  EXPECT_EQ(RefusalOfProposal(rulebook, OrderOf({2999}), kNobody, {"from-30"}),
            "CODE_NOT_APPLICABLE");
  EXPECT_EQ(RefusalOfProposal(rulebook, OrderOf({3000}), kNobody, {"from-30"}),
            "OK");
  EXPECT_EQ(RefusalOfProposal(rulebook, OrderOf({3000}), kNobody, {"tea"}),
            "CODE_NOT_APPLICABLE");
  const Order order = OrderOf({1});
  EXPECT_THAT(std::string(ProposeBenefits(At(rulebook, order, kNobody),
                                          Typed(rulebook, {"from-30"}))
                              .status()
                              .message()),
              AllOf(HasSubstr("from-30"), HasSubstr("order.subtotal >=")));
}

TEST(CodeDiscountTest, ACodeWithNothingLeftToDiscountIsRefused) {
  const Rulebook rulebook = RulebookOf(R"(
rules: [{id: free, discount: {percent: "100%"}}]
codes: [{id: ten, discount: {percent: "10%"}}]
)");
  EXPECT_EQ(RefusalOfProposal(rulebook, OrderOf({1000}), kNobody, {"ten"}),
            "CODE_NOT_APPLICABLE");
}

// A redemption by a member of `available` points on an order.
std::optional<ProposedRedemption> Redeem(const std::string& policy,
                                         const Order& order,
                                         std::optional<Points> points,
                                         Points available) {
  Order redeeming = order;
  redeeming.redeem = RedeemRequest{points};
  return Propose(RulebookOf(absl::StrCat("points: {value: \"0.01\", redeem: {",
                                         policy, "}}")),
                 redeeming, MemberWith(available))
      .proposal.redemption;
}

std::string RefusalOfRedemption(const std::string& yaml, Points points,
                                Points available) {
  Order order = OrderOf({10000});
  order.redeem = RedeemRequest{points};
  return RefusalOfProposal(RulebookOf(yaml), order, MemberWith(available));
}

TEST(RedemptionTest, PaysItsWorthSharedOutOverWhatIsLeft) {
  const auto redemption =
      Redeem("step: 50", OrderOf({100, 300}), Points(200), Points(500));
  ASSERT_TRUE(redemption.has_value());
  EXPECT_EQ(redemption->points, Points(200));
  EXPECT_EQ(redemption->worth, Money(200));
  EXPECT_THAT(MinorOf(redemption->shares), ElementsAre(50, 150));
}

TEST(RedemptionTest, AllTakesWholeStepsOfWhatIsThereAndNoneBelowTheMinimum) {
  const std::string policy = "minimum: 100, step: 30";
  const Order order = OrderOf({100'000});
  EXPECT_EQ(Redeem(policy, order, {}, Points(1000))->points, Points(990));
  EXPECT_EQ(Redeem(policy, order, {}, Points(120))->points, Points(120));
  EXPECT_EQ(Redeem(policy, order, {}, Points(119))->points, Points());
  EXPECT_EQ(Redeem(policy, order, {}, Points(-5))->points, Points());
}

TEST(RedemptionTest, NoMorePointsThanTheShareThatTheyMayPay) {
  const auto redemption = Redeem(R"(step: 30, max_share: "50%")",
                                 OrderOf({333}), Points(300), Points(300));
  EXPECT_EQ(redemption->share_limit, Money(166));
  EXPECT_EQ(redemption->requested_worth, Money(300));
  EXPECT_EQ(redemption->points, Points(150));
  EXPECT_EQ(redemption->worth, Money(150));
}

TEST(RedemptionTest, TheShareIsOfWhatDiscountsLeft) {
  const Rulebook rulebook = RulebookOf(R"(
points: {value: "0.01", redeem: {max_share: "50%"}}
rules: [{id: a, discount: {percent: "20%"}}]
)");
  Order order = OrderOf({1000});
  order.redeem = RedeemRequest{};
  const Proposed proposed = Propose(rulebook, order, MemberWith(Points(9999)));
  EXPECT_EQ(proposed.proposal.redemption->points, Points(400));
}

TEST(RedemptionTest, AllAsksForNoMoreThanTheOrderTakes) {
  const auto redemption = Redeem("", OrderOf({250}), {}, Points(1000));
  EXPECT_EQ(redemption->points, Points(250));
  EXPECT_EQ(redemption->requested_worth, Money(250));
}

TEST(RedemptionTest, AnOrderThatTakesLessThanTheMinimumTakesNone) {
  EXPECT_EQ(Redeem("minimum: 300", OrderOf({250}), {}, Points(1000))->points,
            Points());
  EXPECT_EQ(
      Redeem("minimum: 300", OrderOf({250}), Points(300), Points(1000))->points,
      Points());
}

TEST(RedemptionTest, AnOrderWithNothingToPayTakesNone) {
  const auto redemption = Redeem("", OrderOf({0, 0}), {}, Points(1000));
  EXPECT_EQ(redemption->points, Points());
  EXPECT_THAT(MinorOf(redemption->shares), ElementsAre(0, 0));
}

TEST(RedemptionTest, WhatThePolicyForbidsIsRefusedByName) {
  const std::string yaml =
      "points: {value: \"0.01\", redeem: {minimum: 100, step: 50}}";
  const std::string field = "FIELD_INVALID order.redeem.points";
  EXPECT_EQ(RefusalOfRedemption(yaml, Points(50), Points(500)), field);
  EXPECT_EQ(RefusalOfRedemption(yaml, Points(100), Points(500)), "OK");
  EXPECT_EQ(RefusalOfRedemption(yaml, Points(120), Points(500)), field);
  EXPECT_EQ(RefusalOfRedemption(yaml, Points(550), Points(549)),
            "INSUFFICIENT_POINTS");
  EXPECT_EQ(RefusalOfRedemption(yaml, Points(550), Points(550)), "OK");
  EXPECT_EQ(RefusalOfRedemption("", Points(100), Points(500)),
            "FIELD_INVALID order.redeem");
}

RC_GTEST_PROP(ProposalProperty, NoLineGivesMoreThanItsAmount, ()) {
  static const Rulebook rulebook = RulebookOf(R"(
points: {value: "0.013", redeem: {max_share: "90%"}}
rules:
  - {id: a, lines: line.amount > 100, discount: {percent: "33.3%"}}
  - {id: b, lines: line.amount < 200, discount: {amount: "0.70"}}
  - {id: c, discount: {percent: "17%", max: "3.00"}}
  - {id: d, discount: {amount: "1.01"}}
codes:
  - {id: e, discount: {percent: "45%"}}
)");
  const auto amounts = *rc::gen::container<std::vector<int64_t>>(
      rc::gen::inRange<int64_t>(0, 400));
  Order order = OrderOf(amounts);
  order.redeem = RedeemRequest{};
  const MemberFacts member = MemberWith(Points(500));
  const absl::StatusOr<Proposed> proposed =
      ProposeBenefits(At(rulebook, order, member), Typed(rulebook, {"e"}));
  if (!proposed.ok()) {
    RC_ASSERT(RefusalOf(proposed.status()) == "CODE_NOT_APPLICABLE");
    return;
  }
  std::vector<Money> left = MoneyOf(amounts);
  for (const ProposedDiscount& discount : proposed->proposal.discounts) {
    RC_ASSERT(SumOf(discount.shares) == discount.requested);
    for (size_t i = 0; i < left.size(); ++i)
      left[i] -= discount.shares[i];
  }
  const ProposedRedemption& redemption = *proposed->proposal.redemption;
  RC_ASSERT(SumOf(redemption.shares) == redemption.worth);
  RC_ASSERT(redemption.worth.value() * 10 <= SumOf(left).value() * 9);
  for (size_t i = 0; i < left.size(); ++i) {
    RC_ASSERT(left[i] >= redemption.shares[i]);
  }
}

}  // namespace
}  // namespace pistis
