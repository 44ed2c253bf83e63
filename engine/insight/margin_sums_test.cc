#include "engine/insight/margin_sums.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

using testing::ElementsAre;

MarginSums Sales(int64_t minor) {
  MarginSums sums;
  sums.Set(Measure::kSales, minor);
  return sums;
}

std::string Told(const RankedRows& rows) {
  std::string told;
  for (const auto& [row, sums] : rows) {
    told += RowText(row) + " " + std::to_string(sums[Measure::kSales]) + "; ";
  }
  return told;
}

TEST(MarginSumsTest, StayAtTheLargestNumber) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  MarginSums sums = Sales(kMost);
  sums += Sales(5);
  EXPECT_EQ(sums[Measure::kSales], kMost);
  MarginSums least = Sales(-kMost);
  least -= Sales(kMost);
  EXPECT_EQ(least[Measure::kSales], std::numeric_limits<int64_t>::min());
}

TEST(MarginSumsTest, ACostIsUnknownWhereNoSaleHasOne) {
  EXPECT_TRUE(MarginSums().has_cost()) << "nothing has cost nothing";
  MarginSums sums = Sales(500);
  sums.Set(Measure::kUnknownCostSales, 500);
  EXPECT_FALSE(sums.has_cost());
  MarginSums known = Sales(300);
  known.Set(Measure::kCost, 120);
  known.Set(Measure::kGiven, 30);
  sums += known;
  ASSERT_TRUE(sums.has_cost());
  EXPECT_EQ(sums.margin_before(), 180);
  EXPECT_EQ(sums.margin_after(), 150);
}

TEST(MarginSumsTest, RowsComeBackFromTheirText) {
  for (const MarginRow& row :
       {MarginRow{.rows = MarginRows::kTier, .id = "gold"},
        MarginRow{.rows = MarginRows::kTier, .id = ""},
        MarginRow{.rows = MarginRows::kTier, .id = "*"},
        MarginRow{.rows = MarginRows::kTier, .of = MarginRow::Of::kNobody},
        MarginRow{.rows = MarginRows::kTier, .of = MarginRow::Of::kOthers}}) {
    EXPECT_EQ(ParseRowText(row.rows, RowText(row)), row) << RowText(row);
  }
}

TEST(MarginSumsTest, TheLargestRowsComeFirstAndTheRestIsOneRow) {
  RowSums rows;
  for (const auto& [id, sales] :
       {std::pair("a", 5), {"b", 9}, {"c", 9}, {"d", 1}, {"e", -3}}) {
    rows[{.rows = MarginRows::kStore, .id = id}] = Sales(sales);
  }
  EXPECT_EQ(Told(Rank(rows, Measure::kSales, 3)), "=b 9; =c 9; =a 5; * -2; ");
  EXPECT_EQ(Told(Rank(rows, Measure::kSales, 5)),
            "=b 9; =c 9; =a 5; =d 1; =e -3; ");
  rows[{.rows = MarginRows::kStore, .of = MarginRow::Of::kOthers}] = Sales(70);
  EXPECT_EQ(Told(Rank(rows, Measure::kSales, 1)), "=b 9; * 82; ");
}

}  // namespace
}  // namespace pistis
