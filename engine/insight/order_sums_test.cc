#include "engine/insight/order_sums.h"

#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace pistis {
namespace {

// Two lines of 10.00 and 5.00; a rule takes 1.01 off the first one, another one
// 3.00 off both and 0.50 off the shipping, a code 0.99 off the second.
class OrderSumsTest : public testing::Test {
 protected:
  OrderSumsTest() {
    order_.store_id = "s1";
    order_.tier = "gold";
    order_.lines = {
        {.category = "tea",
         .net = Money(800),
         .cost = Money(300),
         .given = Money(241)},
        {.category = "cups", .net = Money(500), .given = Money(199)}};
    order_.gifts = {{.of = {.rows = MarginRows::kRule, .id = "line"},
                     .kind = Measure::kLineDiscount,
                     .shares = {Money(101), Money(0)}},
                    {.of = {.rows = MarginRows::kRule, .id = "all"},
                     .kind = Measure::kOrderDiscount,
                     .shares = {Money(200), Money(100)},
                     .shipping = Money(50)},
                    {.of = {.rows = MarginRows::kCode, .id = "all"},
                     .kind = Measure::kCodeDiscount,
                     .shares = {Money(0), Money(99)}}};
    order_.earned = {
        {.of = {.rows = MarginRows::kRule, .id = "base"}, .points = Points(20)},
        {.of = {.rows = MarginRows::kRule, .id = "less"},
         .points = Points(-5)}};
    order_.points = Points(15);
    order_.point_value = Rate(1, 100);
    order_.minor_per_major = 100;
    sold_ = {{.line_id = "1",
              .quantity = 3,
              .amount = Money(1000),
              .discount = Money(301),
              .redeemed = Money(70),
              .points = Points(10)},
             {.line_id = "2",
              .amount = Money(500),
              .discount = Money(199),
              .points = Points(5)}};
  }

  [[nodiscard]] OrderLeft Left(int64_t clawed_back = 0) const {
    return {.lines = sold_, .clawed_back = Points(clawed_back)};
  }
  [[nodiscard]] MarginSums Row(MarginRows rows, const std::string& id,
                               int64_t clawed_back = 0) const {
    return SumsOf(order_, Left(clawed_back)).at({.rows = rows, .id = id});
  }
  void ReturnAll() {
    for (SoldLine& line : sold_) {
      line.returned = line.amount;
      line.returned_quantity = line.quantity;
    }
  }

  SummedOrder order_;
  std::vector<SoldLine> sold_;
};

TEST_F(OrderSumsTest, TheDayHasTheWholeOrder) {
  const MarginSums day = Row(MarginRows::kDay, "");
  EXPECT_EQ(day[Measure::kOrders], 1);
  EXPECT_EQ(day[Measure::kSales], 1300);
  EXPECT_EQ(day[Measure::kUnknownCostSales], 500);
  EXPECT_EQ(day[Measure::kCost], 300);
  EXPECT_EQ(day[Measure::kGiven], 241 + 50);
  EXPECT_EQ(day.margin_before(), 500);
  EXPECT_EQ(day.margin_after(), 209);
  EXPECT_EQ(day[Measure::kLineDiscount], 101);
  EXPECT_EQ(day[Measure::kOrderDiscount], 300);
  EXPECT_EQ(day[Measure::kCodeDiscount], 99);
  EXPECT_EQ(day[Measure::kShippingDiscount], 50);
  EXPECT_EQ(day[Measure::kRedeemed], 70);
  EXPECT_EQ(day[Measure::kPoints], 15);
  EXPECT_EQ(day[Measure::kPointsWorth], 15);
  EXPECT_EQ(Row(MarginRows::kStore, "s1"), day);
  EXPECT_EQ(Row(MarginRows::kTier, "gold"), day);
}

TEST_F(OrderSumsTest, ASaleWithoutAMemberIsNobodys) {
  order_.tier = std::nullopt;
  const RowSums rows = SumsOf(order_, Left());
  EXPECT_EQ(
      rows.count({.rows = MarginRows::kTier, .of = MarginRow::Of::kNobody}),
      1U);
  EXPECT_EQ(rows.count({.rows = MarginRows::kTier, .id = ""}), 0U);
}

TEST_F(OrderSumsTest, CategoriesSumToTheOrderWithoutItsShipping) {
  MarginSums sum = Row(MarginRows::kCategory, "tea");
  EXPECT_EQ(sum[Measure::kSales], 800);
  EXPECT_EQ(sum[Measure::kLineDiscount], 101);
  EXPECT_EQ(sum[Measure::kOrderDiscount], 200);
  EXPECT_EQ(sum[Measure::kPoints], 10);
  sum += Row(MarginRows::kCategory, "cups");
  MarginSums order = Row(MarginRows::kDay, "");
  order.Set(Measure::kOrders, 2);
  order.Set(Measure::kShippingDiscount, 0);
  order.Add(Measure::kGiven, -50);
  EXPECT_EQ(sum, order);
}

TEST_F(OrderSumsTest, ARuleHasItsOwnDiscountsAndPointsAndTheOrdersSales) {
  const MarginSums all = Row(MarginRows::kRule, "all");
  EXPECT_EQ(all[Measure::kOrders], 1);
  EXPECT_EQ(all[Measure::kSales], 1300);
  EXPECT_EQ(all.margin_after(), 209);
  EXPECT_EQ(all[Measure::kOrderDiscount], 300);
  EXPECT_EQ(all[Measure::kShippingDiscount], 50);
  EXPECT_EQ(all[Measure::kLineDiscount], 0);
  EXPECT_EQ(all[Measure::kPoints], 0);
  EXPECT_EQ(Row(MarginRows::kCode, "all")[Measure::kCodeDiscount], 99);
  EXPECT_EQ(Row(MarginRows::kRule, "base")[Measure::kPoints], 20);
  EXPECT_EQ(Row(MarginRows::kRule, "less")[Measure::kPoints], -5);
  EXPECT_EQ(Row(MarginRows::kRule, "less")[Measure::kPointsWorth], -5);
}

TEST_F(OrderSumsTest, ExcludedLinesAreNoSales) {
  order_.lines[0].is_excluded = true;
  const MarginSums day = Row(MarginRows::kDay, "");
  EXPECT_EQ(day[Measure::kSales], 500);
  EXPECT_EQ(day[Measure::kExcluded], 800);
  EXPECT_EQ(day[Measure::kCost], 0);
  EXPECT_FALSE(day.has_cost());
}

TEST_F(OrderSumsTest, WhatComesBackTakesItsPartOfEachFigure) {
  sold_[0].returned = Money(333);
  sold_[0].returned_quantity = 1;
  const MarginSums day = Row(MarginRows::kDay, "", 4);
  EXPECT_EQ(day[Measure::kSales], 1300 - 266);
  EXPECT_EQ(day[Measure::kReturned], 266);
  EXPECT_EQ(day[Measure::kCost], 300 - 99);
  // 301 - 100 is left on the line: 67.12 to one, 133.88 to the other.
  EXPECT_EQ(day[Measure::kLineDiscount], 67);
  EXPECT_EQ(day[Measure::kOrderDiscount], 100 + 134);
  EXPECT_EQ(Row(MarginRows::kRule, "line", 4)[Measure::kLineDiscount], 67);
  EXPECT_EQ(Row(MarginRows::kRule, "all", 4)[Measure::kOrderDiscount], 234);
  EXPECT_EQ(day[Measure::kShippingDiscount], 50);
  EXPECT_EQ(day[Measure::kPoints], 11);
  EXPECT_EQ(Row(MarginRows::kCategory, "tea", 4)[Measure::kPoints] +
                Row(MarginRows::kCategory, "cups", 4)[Measure::kPoints],
            11);
  EXPECT_EQ(Row(MarginRows::kRule, "less", 4)[Measure::kPoints], -4);
  EXPECT_EQ(Row(MarginRows::kRule, "base", 4)[Measure::kPoints], 15);
}

TEST_F(OrderSumsTest, OfAnOrderThatCameBackTheCountIsLeft) {
  ReturnAll();
  for (const auto& [row, sums] : SumsOf(order_, Left(15))) {
    MarginSums expected;
    expected.Set(Measure::kOrders, 1);
    expected.Set(Measure::kReturned, sums[Measure::kReturned]);
    EXPECT_EQ(sums, expected) << RowText(row);
  }
  EXPECT_EQ(Row(MarginRows::kDay, "", 15)[Measure::kReturned], 1300);
}

TEST_F(OrderSumsTest, RefundsInStepsSumToOneRefundOfAll) {
  const std::vector<SoldLine> sold = sold_;
  RowSums steps = SumsOf(order_, Left());
  int64_t clawed_back = 0;
  for (const int64_t returned : {1, 333, 334, 999, 1000}) {
    const std::vector<SoldLine> before = sold_;
    sold_[0].returned = Money(returned);
    if (returned == 1000) ReturnAll();
    const int64_t clawed_before = clawed_back;
    clawed_back = returned == 1000 ? 15 : returned / 100;
    for (const auto& [row, change] : RefundSums(
             order_, {.lines = before, .clawed_back = Points(clawed_before)},
             Left(clawed_back))) {
      EXPECT_EQ(change[Measure::kRefunds], 1);
      steps[row] += change;
    }
  }
  EXPECT_EQ(steps.at({.rows = MarginRows::kDay})[Measure::kRefunds], 5);
  for (auto& [row, sums] : steps) {
    sums.Set(Measure::kRefunds, 0);
    EXPECT_EQ(sums, SumsOf(order_, Left(15)).at(row)) << RowText(row);
  }
}

TEST_F(OrderSumsTest, ARefundOfNothingWorthIsStillCounted) {
  const RowSums change = RefundSums(order_, Left(), Left());
  EXPECT_EQ(change.size(), 3U);
  EXPECT_EQ(change.at({.rows = MarginRows::kDay})[Measure::kRefunds], 1);
}

}  // namespace
}  // namespace pistis
