// What orders use of budgets.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/budget_shop_test.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

class BudgetUsesTest : public BudgetShopTest {};

TEST_F(BudgetUsesTest, NothingIsGivenBeyondIt) {
  Open(R"(
budgets: [{id: all, per: program, window: month, max_discount: "2.50"}]
rules: [{id: ten, discount: {percent: "10%"}}]
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).discount_minor(), 100);
  EXPECT_EQ(Sell("o2", "", {1000}).discount_minor(), 100);
  const v1::Quote last = Sell("o3", "ben", {700, 300});
  EXPECT_EQ(last.discount_minor(), 50);
  EXPECT_EQ(last.discounts(0).shares(0).amount_minor(), 35);
  ASSERT_EQ(last.caps_size(), 1);
  EXPECT_EQ(last.caps(0).cap_id(), "budgets.all.max_discount");
  EXPECT_EQ(last.caps(0).limit_minor(), 50);
  EXPECT_EQ(last.caps(0).requested_minor(), 100);
  EXPECT_EQ(last.caps(0).granted_minor(), 50);
  EXPECT_EQ(Sell("o4", "ann", {1000}).discount_minor(), 0);
  clock_.Set(TimeAt("2026-01-31 23:59", Athens()));
  EXPECT_EQ(Sell("o5", "ann", {1000}).discount_minor(), 0);
  clock_.Set(TimeAt("2026-02-01 00:00", Athens()));
  EXPECT_EQ(Sell("o6", "ann", {1000}).discount_minor(), 100);
  ExpectSound();
}

TEST_F(BudgetUsesTest, TheLowestPriorityIsCutFirst) {
  Open(R"(
budgets: [{id: all, per: program, max_discount: "1.50"}]
rules:
  - {id: high, priority: 200, discount: {amount: "1.00"}}
  - {id: low, discount: {amount: "1.00"}}
)");
  const v1::Quote quote = Sell("o1", "ann", {1000});
  ASSERT_EQ(quote.discounts_size(), 2);
  EXPECT_EQ(quote.discounts(0).amount_minor(), 100);
  EXPECT_EQ(quote.discounts(1).amount_minor(), 50);
}

TEST_F(BudgetUsesTest, OneThatIsNamedCountsThoseThatNameIt) {
  Open(R"(
budgets: [{id: mine, per: program, max_discount: "1.00"}]
rules:
  - {id: a, discount: {amount: "1.00"}, budget: mine}
  - {id: b, discount: {amount: "2.00"}}
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).discount_minor(), 300);
  EXPECT_EQ(Sell("o2", "ann", {1000}).discount_minor(), 200);
  EXPECT_EQ(SumOf("mine").discount_minor(), 100);
  ExpectSound();
}

TEST_F(BudgetUsesTest, WhatIsWholeIsGivenWholeOrNotAtAll) {
  Open(R"(
budgets: [{id: all, per: program, max_discount: "1.50"}]
rules:
  - {id: free, discount: {free_item: {sku: sku-1}}}
  - {id: least, discount: {amount: "1.20", minimum: "1.00"}}
)");
  v1::CommitOrderRequest sale = SaleRequest("o1", "ann", {200, 800});
  sale.mutable_order()->mutable_lines(0)->set_sku("sku-1");
  const v1::Quote quote = Commit(sale).quote();
  ASSERT_EQ(quote.discounts_size(), 2);
  EXPECT_EQ(quote.discounts(0).amount_minor(), 0);
  EXPECT_EQ(quote.discounts(1).amount_minor(), 120);
  EXPECT_EQ(Sell("o2", "ann", {1000}).discount_minor(), 0);
  ExpectSound();
}

TEST_F(BudgetUsesTest, OrdersMayBeRefusedInstead) {
  Open(R"(
margin: {on_exceed: refuse}
budgets: [{id: all, per: program, max_discount: "1.50"}]
rules: [{id: ten, discount: {percent: "10%"}}]
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).discount_minor(), 100);
  const Contents before = shop_.All();
  const auto refused = shop_.Commit(SaleRequest("o2", "ann", {1000}));
  EXPECT_EQ(NameOf(refused.status()), "BUDGET_SPENT");
  EXPECT_EQ(shop_.All(), before);
  EXPECT_EQ(Sell("o3", "ann", {500}).discount_minor(), 50);
}

TEST_F(BudgetUsesTest, APartOfSalesIsNeverAheadOfThem) {
  Open(R"(
budgets: [{id: share, per: program, window: month, max_discount: "5%"}]
rules: [{id: ten, when: order.channel == "web", discount: {percent: "10%"}}]
)");
  const auto web = [&](absl::string_view order) {
    v1::CommitOrderRequest sale = SaleRequest(order, "ann", {1000});
    sale.mutable_order()->set_channel("web");
    return Commit(sale).quote().discount_minor();
  };
  EXPECT_EQ(web("o1"), 0) << "no sales yet";
  EXPECT_EQ(web("o2"), 50) << "5 % of 10.00";
  EXPECT_EQ(web("o3"), 47) << "5 % of 19.50 less 0.50";
  Sell("o4", "ben", {4000});
  EXPECT_EQ(web("o5"), 100);
  Return("o4", "r1", 0);
  EXPECT_EQ(web("o6"), 0) << "sales have to catch up";
  clock_.Set(TimeAt("2026-02-01 00:00", Athens()));
  EXPECT_EQ(web("o7"), 0);
  EXPECT_EQ(web("o8"), 50);
  ExpectSound();
}

TEST_F(BudgetUsesTest, SalesAreNetOfTaxDiscountsAndWhatIsNoSale) {
  Open(R"(
margin: {excluded_categories: [gift-cards]}
budgets: [{id: share, per: program, max_discount: "50%"}]
rules: [{id: one, discount: {amount: "1.20"}}]
)");
  v1::CommitOrderRequest sale = SaleRequest("o1", "ann", {1200, 5000});
  sale.mutable_order()->mutable_lines(0)->set_tax_minor(200);
  sale.mutable_order()->mutable_lines(1)->set_category("gift-cards");
  Commit(sale);
  EXPECT_EQ(SumOf("share").sales_minor(), 1000);
  sale.mutable_order()->set_order_id("o2");
  EXPECT_EQ(Commit(sale).quote().discount_minor(), 120);
  EXPECT_EQ(SumOf("share").sales_minor(), 1900);
}

TEST_F(BudgetUsesTest, EachHasASumOfItsOwn) {
  Open(R"(
budgets:
  - {id: shops, per: store, max_discount: "2.00"}
  - {id: tills, per: terminal, max_discount: "1.00"}
rules: [{id: one, discount: {amount: "1.00"}}]
)");
  EXPECT_EQ(SellAt("o1", "s1", "t1"), 100);
  EXPECT_EQ(SellAt("o2", "s1", "t1"), 0) << "the till";
  EXPECT_EQ(SellAt("o3", "s1", "t2"), 100);
  EXPECT_EQ(SellAt("o4", "s1", "t3"), 0) << "the store";
  EXPECT_EQ(SellAt("o5", "s2", "t1"), 100) << "another store's first till";
  EXPECT_EQ(SellAt("o6", "", ""), 100) << "those that name none together";
  EXPECT_EQ(SellAt("o7", "", ""), 0);
  ExpectSound();
}

TEST_F(BudgetUsesTest, MembersHaveTheirOwnAndOthersNone) {
  Open(R"(
budgets: [{id: each, per: member, window: 3d, max_discount: "1.00"}]
rules: [{id: one, discount: {amount: "1.00"}}]
)");
  EXPECT_EQ(Sell("o1", "ann", {500}).discount_minor(), 100);
  EXPECT_EQ(Sell("o2", "ann", {500}).discount_minor(), 0);
  EXPECT_EQ(Sell("o3", "ben", {500}).discount_minor(), 100);
  EXPECT_EQ(Sell("o4", "", {500}).discount_minor(), 100);
  EXPECT_EQ(Sell("o5", "", {500}).discount_minor(), 100);
  clock_.Set(TimeAt("2026-01-12 23:59", Athens()));
  EXPECT_EQ(Sell("o6", "ann", {500}).discount_minor(), 0);
  clock_.Set(TimeAt("2026-01-13 00:00", Athens()));
  EXPECT_EQ(Sell("o7", "ann", {500}).discount_minor(), 100);
  EXPECT_TRUE(Reached().empty()) << "members are not told of";
  ExpectSound();
}

TEST_F(BudgetUsesTest, RulesAndCampaignsHaveTheirOwn) {
  Open(R"(
budgets:
  - {id: rule, per: rule, max_discount: "1.50"}
  - {id: group, per: campaign, max_discount: "2.00"}
rules:
  - {id: a, priority: 3, discount: {amount: "1.00"}, stack: {group: g}}
  - {id: b, priority: 2, discount: {amount: "1.00"}, stack: {group: g}}
  - {id: c, priority: 1, discount: {amount: "1.00"}}
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).discount_minor(), 300);
  const v1::Quote second = Sell("o2", "ann", {1000});
  EXPECT_EQ(second.discounts(0).amount_minor(), 0) << "the group is spent";
  EXPECT_EQ(second.discounts(2).amount_minor(), 50) << "what its rule has left";
  ExpectSound();
}

TEST_F(BudgetUsesTest, PointsAreCutFromTheRulesThatComeLast) {
  Open(R"(
budgets: [{id: all, per: program, max_points: 25}]
rules:
  - {id: base, priority: 200, earn: {points: 1, per: "1.00"}}
  - {id: more, earn: {points: 10}}
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).points_earned(), 20);
  const v1::Quote quote = Sell("o2", "ann", {100, 200});
  EXPECT_EQ(quote.points_earned(), 5);
  ASSERT_EQ(quote.earned_size(), 2);
  EXPECT_EQ(quote.earned(0).points(), 3);
  EXPECT_EQ(quote.earned(1).points(), 2);
  ASSERT_EQ(quote.caps_size(), 1);
  EXPECT_EQ(quote.caps(0).cap_id(), "budgets.all.max_points");
  EXPECT_EQ(quote.caps(0).limit_minor(), 5);
  EXPECT_EQ(quote.caps(0).requested_minor(), 13);
  EXPECT_EQ(quote.caps(0).granted_minor(), 5);
  EXPECT_EQ(Sell("o3", "ann", {1000}).points_earned(), 0);
  Return("o2", "r1", 0);
  EXPECT_EQ(SumOf("all").points(), 20);
  EXPECT_EQ(Sell("o4", "ann", {1000}).points_earned(), 5);
  ExpectSound();
}

TEST_F(BudgetUsesTest, WhatIsMultipliedIsCountedAsItIsGiven) {
  Open(R"(
budgets: [{id: all, per: program, max_points: 25}]
rules:
  - {id: base, priority: 200, earn: {points: 1, per: "1.00"}}
  - {id: double, earn: {multiply: "2"}}
)");
  EXPECT_EQ(Sell("o1", "ann", {1000}).points_earned(), 20);
  EXPECT_EQ(Sell("o2", "ann", {1000}).points_earned(), 5);
  EXPECT_EQ(SumOf("all").points(), 25);
  ExpectSound();
}

TEST_F(BudgetUsesTest, WhatIsTakenAwayCountsAgainstWhatIsGiven) {
  Open(R"(
budgets: [{id: all, per: program, max_points: 40}]
rules:
  - {id: base, priority: 200, earn: {points: 1, per: "1.00"}}
  - {id: no-cards, lines: line.amount == 5000, earn: {multiply: "0"}}
)");
  EXPECT_EQ(Sell("o1", "ann", {2500, 5000}).points_earned(), 25);
  EXPECT_EQ(SumOf("all").points(), 25);
  const v1::Quote cut = Sell("o2", "ann", {2500, 5000});
  EXPECT_EQ(cut.points_earned(), 5) << "a third of the fifteen that are left";
  EXPECT_EQ(SumOf("all").points(), 30);
  ExpectSound();
}

TEST_F(BudgetUsesTest, PointsThatAreCutTwiceStayWithinTheCapsOfTheirLines) {
  Open(R"(
points: {value: "0.007"}
margin:
  counts: {earned_points: true}
  category: {a: {max_discount_amount: "0.01"}}
budgets: [{id: p, per: program, max_points: 12}]
rules: [{id: unit, earn: {points: 1, per_unit: true}}]
)");
  v1::CommitOrderRequest sale = SaleRequest("o1", "ann", {296, 560, 563, 212});
  const int64_t units[] = {3, 8, 3, 4};
  const char* categories[] = {"a", "b", "c", "c"};
  for (int i = 0; i < 4; ++i) {
    v1::OrderLine* line = sale.mutable_order()->mutable_lines(i);
    line->set_quantity(units[i]);
    line->set_category(categories[i]);
  }
  const v1::Quote quote = Commit(sale).quote();
  EXPECT_GT(quote.points_earned(), 0);
  for (const v1::BoundCap& cap : quote.caps())
    EXPECT_LE(cap.granted_minor(), cap.limit_minor()) << cap.cap_id();
}

TEST_F(BudgetUsesTest, FractionsOfAMinorUnitDoNotAddUpToOne) {
  Open(R"(
points: {value: "0.025"}
margin:
  unknown_cost: {assume: "10%"}
  counts: {earned_points: true}
  order: {max_share_of_margin: "2%"}
  category: {a: {max_discount_amount: "0.03"}, b: {max_share_of_margin: "1%"}}
budgets: [{id: p, per: program, max_points: 20}]
rules: [{id: unit, earn: {points: 1, per_unit: true}}]
)");
  const int64_t amounts[] = {518, 112, 516, 314};
  const int64_t taxes[] = {83, 18, 82, 50};
  const int64_t units[] = {7, 5, 5, 7};
  const char* categories[] = {"a", "b", "c", "c"};
  v1::CommitOrderRequest sale = SaleRequest("o1", "ann", {518, 112, 516, 314});
  for (int i = 0; i < 4; ++i) {
    v1::OrderLine* line = sale.mutable_order()->mutable_lines(i);
    line->set_amount_minor(amounts[i]);
    line->set_tax_minor(taxes[i]);
    line->set_quantity(units[i]);
    line->set_category(categories[i]);
  }
  const v1::Quote quote = Commit(sale).quote();
  EXPECT_GT(quote.points_earned(), 0);
  EXPECT_GT(quote.caps_size(), 0);
  for (const v1::BoundCap& cap : quote.caps())
    EXPECT_LE(cap.granted_minor(), cap.limit_minor()) << cap.cap_id();
}

TEST_F(BudgetUsesTest, StoresAndTerminalsAreToldApart) {
  Open(R"(
budgets: [{id: tills, per: terminal, max_discount: "1.00"}]
rules: [{id: one, discount: {amount: "1.00"}}]
)");
  EXPECT_EQ(SellAt("o1", "a/b", "c"), 100);
  EXPECT_EQ(SellAt("o2", "a", "b/c"), 100);
  v1::CommitOrderRequest sale = SaleRequest("o3", "ann", {1000});
  sale.mutable_order()->set_store_id(std::string("a\0b", 3));
  EXPECT_EQ(NameOf(shop_.Commit(sale).status()),
            "FIELD_INVALID order.store_id");
}

TEST_F(BudgetUsesTest, OnlySoManyOrdersGetAnything) {
  Open(R"(
budgets: [{id: first, per: program, max_times: 2}]
rules:
  - {id: ten, when: order.subtotal >= 500, discount: {percent: "10%"}, budget: first}
  - {id: gift, when: order.subtotal >= 500, earn: {points: 7}, issue_code: c, budget: first}
  - {id: base, earn: {points: 1}}
codes: [{id: c, discount: {amount: "1.00"}}]
)");
  Sell("o0", "ann", {100});
  EXPECT_EQ(SumOf("first").times(), 0) << "it got nothing that is counted";
  EXPECT_EQ(Sell("o1", "ann", {500}).discount_minor(), 50);
  EXPECT_EQ(Sell("o2", "", {500}).discount_minor(), 50);
  const v1::CommitOrderResponse third = Commit(SaleRequest("o3", "ben", {500}));
  EXPECT_EQ(third.quote().discount_minor(), 0);
  EXPECT_EQ(third.quote().points_earned(), 1);
  EXPECT_EQ(third.issued_codes_size(), 0);
  ASSERT_EQ(third.quote().withheld_size(), 2);
  EXPECT_EQ(third.quote().withheld(0).reason(), v1::WithheldRule::BUDGET_SPENT);
  Return("o1", "r1", 0);
  EXPECT_EQ(SumOf("first").times(), 2) << "its code stays good";
  Return("o2", "r2", 0);
  EXPECT_EQ(SumOf("first").times(), 1);
  EXPECT_EQ(Sell("o4", "ann", {500}).discount_minor(), 50);
  ExpectSound();
}

}  // namespace
}  // namespace pistis
