// What returns, late sales, events and later rulebooks do to budgets, and what
// a recount sees of them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/budget_shop_test.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/testing_proof.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

class BudgetReturnsTest : public BudgetShopTest {};

TEST_F(BudgetReturnsTest, PartialReturnsGiveBackWhatTheirLinesTookAndSumToIt) {
  Open(R"(
budgets:
  - {id: tea, per: program, window: month, max_discount: "9.00"}
  - {id: all, per: program, window: month, max_discount: "50%", max_points: 900}
rules:
  - {id: tea, lines: line.amount == 1010, discount: {percent: "10%"}, budget: tea}
  - {id: five, discount: {percent: "5%"}}
  - {id: base, earn: {points: 1, per: "0.10"}}
)");
  Sell("o0", "ben", {9000});
  const store::v1::LimitRecord before = SumOf("all");
  Sell("o1", "ann", {1010, 990});
  EXPECT_EQ(SumOf("tea").discount_minor(), 101);
  clock_.Set(TimeAt("2026-02-03 00:00", Athens()));
  int64_t tea = 101;
  for (int i = 0; i < 10; ++i) {
    Return("o1", absl::StrCat("r", i), 101);
    const int64_t left = SumOf("tea").discount_minor();
    EXPECT_GE(tea, left);
    EXPECT_GE(left, 101 - 11 * (i + 1));
    tea = left;
    ExpectSound();
  }
  EXPECT_EQ(SumOf("tea").discount_minor(), 0);
  EXPECT_EQ(SumOf("tea").times(), 1) << "something is left of the order";
  Return("o1", "rest", 0);
  EXPECT_EQ(SumOf("tea").times(), 0);
  EXPECT_EQ(SumOf("all").discount_minor(), before.discount_minor());
  EXPECT_EQ(SumOf("all").points(), before.points());
  EXPECT_EQ(SumOf("all").sales_minor(), before.sales_minor());
  ExpectSound();
}

TEST_F(BudgetReturnsTest, ALateSaleCountsInTheWindowsOfItsOwnDay) {
  Open(R"(
budgets: [{id: all, per: program, window: 3d, max_discount: "2.00"}]
rules: [{id: one, discount: {amount: "1.00"}}]
)");
  EXPECT_EQ(SellLate("o1", "2026-01-10 09:00"), 100);
  EXPECT_EQ(SellLate("o2", "2026-01-08 09:00"), 100);
  EXPECT_EQ(SellLate("o3", "2026-01-09 09:00"), 0) << "one window has both";
  EXPECT_EQ(SellLate("o4", "2026-01-07 09:00"), 100)
      << "the 8th, and not the 10th";
  EXPECT_EQ(SellLate("o5", "2026-01-06 09:00"), 0);
  EXPECT_EQ(SellLate("o6", "2026-01-10 09:30"), 0);
  Return("o2", "r1", 0);
  EXPECT_EQ(SellLate("o7", "2026-01-10 09:40"), 100);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, ALateSaleLiesInNoWindowThatIsLongerThanIsSaid) {
  Open(R"(
budgets: [{id: all, per: program, window: 3d, max_discount: "2.00"}]
rules: [{id: one, discount: {amount: "1.00"}}]
)");
  EXPECT_EQ(SellLate("o1", "2026-01-10 09:00"), 100);
  EXPECT_EQ(SellLate("o2", "2026-01-07 09:00"), 100);
  EXPECT_EQ(SellLate("o3", "2026-01-08 09:00"), 100)
      << "no three days have the 7th and the 10th";
  EXPECT_EQ(SellLate("o4", "2026-01-09 09:00"), 0);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, WhatIsKeptOfManyDaysFollowsTheRulebook) {
  const auto yaml = [](absl::string_view window) {
    return absl::StrCat("budgets: [{id: all, per: program, window: ", window,
                        ", max_discount: \"3.00\"}]\n"
                        "rules: [{id: one, discount: {amount: \"1.00\"}}]\n");
  };
  Open(yaml("2d"));
  const auto sell = [&](absl::string_view order) {
    return Sell(order, "", {500}).discount_minor();
  };
  EXPECT_EQ(sell("o1"), 100);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(sell("o2"), 100);
  clock_.Advance(absl::Hours(24));
  ASSERT_TRUE(shop_.Publish(RulebookRequest("p2", yaml("5d"))).ok());
  EXPECT_EQ(sell("o3"), 100) << "the third of five days";
  EXPECT_EQ(sell("o4"), 0);
  ASSERT_TRUE(shop_.Publish(RulebookRequest("p3", yaml("day"))).ok());
  EXPECT_EQ(sell("o5"), 100);
  ASSERT_TRUE(shop_.Publish(RulebookRequest("p4", yaml("2d"))).ok());
  EXPECT_EQ(sell("o6"), 0) << "one yesterday, two today";
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(sell("o7"), 100);
  EXPECT_EQ(sell("o8"), 0);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, PointsOfAPartOfTheRulesComeBackWithTheWholeOrder) {
  Open(R"(
budgets: [{id: tea, per: program, max_points: 100}]
rules:
  - {id: tea, lines: line.amount == 1000, earn: {points: 10, per: "1.00"}, budget: tea}
  - {id: other, lines: line.amount != 1000, earn: {points: 10, per: "1.00"}}
)");
  EXPECT_EQ(Sell("o1", "ann", {99000, 1000}).points_earned(), 10000);
  Return("o1", "r1", 99000);
  EXPECT_EQ(SumOf("tea").points(), 100) << "ann still has those of the tea";
  EXPECT_EQ(Sell("o2", "ann", {1000}).points_earned(), 0);
  EXPECT_EQ(Sell("o4", "ben", {99000, 1000}).points_earned(), 9900);
  v1::RefundOrderRequest other = RefundRequest("o4", "r4");
  other.add_lines()->set_line_id("l1");
  other.mutable_lines(0)->set_quantity(1);
  const auto refunded = shop_.Refund(other);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->points_clawed_back(), 9900) << "the tea earned none";
  Return("o1", "r2", 0);
  EXPECT_EQ(Sell("o3", "ann", {1000}).points_earned(), 100);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, SalesComeBackByLine) {
  Open(R"(
margin: {excluded_categories: [gift-cards]}
budgets: [{id: share, per: program, max_discount: "5%"}]
rules: [{id: half, when: order.channel == "web", discount: {percent: "50%"}}]
)");
  v1::CommitOrderRequest sale = SaleRequest("o1", "", {100000, 900000});
  sale.mutable_order()->mutable_lines(1)->set_category("gift-cards");
  Commit(sale);
  EXPECT_EQ(SumOf("share").sales_minor(), 100000);
  Return("o1", "r1", 100000);
  EXPECT_EQ(SumOf("share").sales_minor(), 0) << "gift cards are no sales";
  v1::CommitOrderRequest web = SaleRequest("o2", "", {10000});
  web.mutable_order()->set_channel("web");
  EXPECT_EQ(Commit(web).quote().discount_minor(), 0);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, AnUndoneReferralKeepsTheTimesOfItsCode) {
  Open(R"(
referral: {qualify: order.subtotal >= amount("10.00")}
budgets: [{id: one, per: program, max_times: 1}]
rules:
  - {id: thanks, on: referral.qualified, when: event.role == "referrer", issue_code: c, note: n, budget: one, earn: {points: 5}}
codes: [{id: c, discount: {amount: "1.00"}}]
notes: [{id: n, channel: print, text: {en: "{{code}}"}}]
)");
  v1::GetMemberRequest ann;
  ann.set_program_id(std::string(kShop));
  ann.set_member_id("ann");
  ann.set_with_referral_code(true);
  const auto referrer = shop_.Ask(GetMember, ann);
  ASSERT_TRUE(referrer.ok()) << referrer.status();
  int codes = 0;
  for (const std::string friend_id : {"cleo", "dan"}) {
    v1::CreateMemberRequest enrol = MemberRequest(friend_id);
    enrol.set_referral_code(referrer->referral_code());
    ASSERT_TRUE(shop_.Enrol(enrol).ok());
    Sell("o-" + friend_id, friend_id, {3000});
    Return("o-" + friend_id, "r-" + friend_id, 0);
  }
  const auto events = shop_.Events(ProgramId(kShop), "");
  ASSERT_TRUE(events.ok());
  for (const v1::Event& event : *events)
    codes += event.has_code_issued() ? 1 : 0;
  EXPECT_EQ(codes, 1);
  EXPECT_EQ(SumOf("one").times(), 1);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, EventsCountAsSalesDo) {
  Open(R"(
budgets: [{id: all, per: program, max_points: 25, max_times: 4}]
rules:
  - {id: base, earn: {points: 10}}
  - {id: visit, on: visit, earn: {points: 10}}
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).points_earned(), 10);
  const auto visit = [&](const std::string& request) {
    v1::RecordActivityRequest activity;
    activity.set_program_id(std::string(kShop));
    activity.set_request_id(request);
    activity.set_member_id("ben");
    activity.set_name("visit");
    const auto seen = shop_.Act(activity);
    EXPECT_TRUE(seen.ok()) << seen.status();
    return seen.ok() ? seen->account().available() : -1;
  };
  EXPECT_EQ(visit("v1"), 10);
  EXPECT_EQ(visit("v2"), 15);
  EXPECT_EQ(visit("v3"), 15);
  EXPECT_EQ(SumOf("all").points(), 25);
  EXPECT_EQ(Sell("o2", "ann", {1000}).points_earned(), 0);
  ASSERT_FALSE(Reached().empty());
  EXPECT_EQ(Reached().back().percent(), 100);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, RulesOnOneEventShareWhatIsLeft) {
  Open(R"(
budgets: [{id: all, per: program, max_points: 15}]
rules:
  - {id: a, on: visit, earn: {points: 10}}
  - {id: b, on: visit, earn: {points: 10}}
)");
  v1::RecordActivityRequest activity;
  activity.set_program_id(std::string(kShop));
  activity.set_request_id("v1");
  activity.set_member_id("ben");
  activity.set_name("visit");
  const auto seen = shop_.Act(activity);
  ASSERT_TRUE(seen.ok()) << seen.status();
  ASSERT_EQ(seen->earned_size(), 2);
  EXPECT_EQ(seen->earned(0).points(), 10);
  EXPECT_EQ(seen->earned(1).points(), 5);
  EXPECT_EQ(SumOf("all").points(), 15);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, EachPartIsToldOfOnceInAWindow) {
  Open(R"(
budgets: [{id: all, per: program, window: month, max_discount: "10.00"}]
rules: [{id: ten, discount: {percent: "10%"}}]
)");
  Sell("o1", "ann", {4000});
  EXPECT_TRUE(Reached().empty());
  Sell("o2", "ann", {1000});
  ASSERT_EQ(Reached().size(), 1U);
  EXPECT_EQ(Reached()[0].percent(), 50);
  EXPECT_EQ(Reached()[0].budget_id(), "all");
  EXPECT_EQ(Reached()[0].window_day(), "2026-01-01");
  EXPECT_EQ(Reached()[0].discount_minor(), 500);
  EXPECT_EQ(Reached()[0].max_discount_minor(), 1000);
  Return("o2", "r1", 0);
  Sell("o3", "ann", {1000});
  EXPECT_EQ(Reached().size(), 1U) << "told already";
  Sell("o4", "ann", {9000});
  ASSERT_EQ(Reached().size(), 2U) << "past 80 % at once";
  EXPECT_EQ(Reached()[1].percent(), 100);
  clock_.Set(TimeAt("2026-02-01 00:00", Athens()));
  Sell("o5", "ann", {8000});
  ASSERT_EQ(Reached().size(), 3U);
  EXPECT_EQ(Reached()[2].percent(), 80);
  EXPECT_EQ(Reached()[2].window_day(), "2026-02-01");
}

TEST_F(BudgetReturnsTest, WhatWasSpentStaysWhenTheLimitChanges) {
  const auto yaml = [](absl::string_view most) {
    return absl::StrCat("budgets: [{id: all, per: program, max_discount: \"",
                        most,
                        "\"}]\nrules: [{id: one, discount: {amount: "
                        "\"1.00\"}}]\n");
  };
  Open(yaml("3.00"));
  Sell("o1", "ann", {500});
  Sell("o2", "ann", {500});
  ASSERT_TRUE(shop_.Publish(RulebookRequest("p2", yaml("1.50"))).ok());
  EXPECT_EQ(Sell("o3", "ann", {500}).discount_minor(), 0);
  ASSERT_TRUE(shop_.Publish(RulebookRequest("p3", yaml("2.50"))).ok());
  EXPECT_EQ(Sell("o4", "ann", {500}).discount_minor(), 50);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, AnOldCodeObeysTheBudgetsOfTheSale) {
  Open(R"(
budgets: [{id: codes, per: program, max_discount: "5.00"}]
rules: [{id: gift, when: order.channel == "web", issue_code: c}]
codes: [{id: c, uses: 9, discount: {amount: "1.00"}, budget: codes}]
)");
  v1::CommitOrderRequest first = SaleRequest("o1", "ann", {500});
  first.mutable_order()->set_channel("web");
  const std::string code = Commit(first).issued_codes(0).code();
  ASSERT_TRUE(shop_
                  .Publish(RulebookRequest("p2", R"(
budgets:
  - {id: other, per: program, max_points: 1}
  - {id: codes, per: rule, max_discount: "1.50"}
rules: [{id: base, earn: {points: 1}, budget: other}]
)"))
                  .ok());
  const auto use = [&](absl::string_view order) {
    v1::CommitOrderRequest sale = SaleRequest(order, "ann", {500});
    sale.mutable_order()->add_codes(code);
    return Commit(sale).quote().discount_minor();
  };
  EXPECT_EQ(use("o2"), 100);
  EXPECT_EQ(use("o3"), 50);
  EXPECT_EQ(use("o4"), 0);
  ExpectSound();
}

TEST_F(BudgetReturnsTest, AnOrderIsExplainedByWhatItSaw) {
  Open(R"(
budgets: [{id: all, per: program, max_discount: "1.50", max_points: 12}]
rules: [{id: one, discount: {amount: "1.00"}, earn: {points: 10}}]
)");
  Sell("o1", "ann", {500});
  Sell("o2", "ann", {500});
  Return("o1", "r1", 0);
  Sell("o3", "ann", {500});
  for (const std::string order : {"o1", "o2", "o3"}) {
    v1::ExplainOrderRequest request;
    request.set_program_id(std::string(kShop));
    request.set_order_id(order);
    const auto explained = shop_.Ask(ExplainOrder, request);
    ASSERT_TRUE(explained.ok()) << explained.status();
    const v1::TraceStep& step = explained->trace().steps(0);
    EXPECT_EQ(step.granted_minor(), order == "o2" ? 50 : 100);
    EXPECT_EQ(step.cuts_size(), order == "o2" ? 1 : 0);
  }
}

// Of how many days the sums are is for the rulebook to say: where another
// length is asked for, it is added up anew.
bool IsLength(const std::string& key, size_t byte) {
  constexpr size_t kDayAndTags = 7;
  return key.find("rolling") != std::string::npos && byte == kDayAndTags;
}

TEST_F(BudgetReturnsTest, ARecountFindsASumThatIsNotWhatOrdersUsed) {
  Open(R"(
budgets:
  - {id: a, per: program, window: month, max_discount: "50%"}
  - {id: b, per: member, window: 7d, max_discount: "9.00", max_points: 90}
rules: [{id: ten, discount: {percent: "10%"}, earn: {points: 5}}]
)");
  Sell("o0", "ben", {1000});
  Sell("o1", "ann", {1000});
  Return("o1", "r1", 300);
  const Contents whole = shop_.All();
  ASSERT_EQ(RecountOf(whole).finding_count(), 0);
  int windows = 0;
  for (const auto& [key, value] : whole) {
    if (key[0] != 'L') continue;
    ++windows;
    Contents changed = whole;
    // What is kept of many days may be missing: it is added up again.
    if (key.find("rolling") == std::string::npos) {
      changed.erase(key);
      EXPECT_GE(RecountOf(changed).finding_count(), 1);
    }
    for (size_t at = 0; at < value.size(); ++at) {
      if (IsLength(key, at)) continue;
      changed = whole;
      changed[key][at] = static_cast<char>(value[at] ^ 1);
      EXPECT_GE(RecountOf(changed).finding_count(), 1) << key << " " << at;
    }
  }
  EXPECT_EQ(windows, 5);
}

}  // namespace
}  // namespace pistis
