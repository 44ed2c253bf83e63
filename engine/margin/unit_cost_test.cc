#include "engine/margin/unit_cost.h"

#include <string>

#include "gtest/gtest.h"

namespace pistis {
namespace {

const Currency kEuro{.code = "EUR", .decimals = 2};
const Currency kYen{.code = "JPY", .decimals = 0};

std::string Again(const std::string& text, const Currency& currency) {
  const auto cost = ParseUnitCost(text, currency);
  return cost.ok() ? FormatUnitCost(*cost, currency) : "refused";
}

TEST(UnitCostTest, CostsAreFourDecimalsFinerThanMoney) {
  EXPECT_EQ(Again("3.417501", kEuro), "3.417501");
  EXPECT_EQ(Again("3.4", kEuro), "3.40");
  EXPECT_EQ(Again("0", kEuro), "0.00");
  EXPECT_EQ(Again("12.0000000", kEuro), "12.00");
  EXPECT_EQ(Again("7", kYen), "7");
  EXPECT_EQ(Again("7.0120", kYen), "7.012");
  EXPECT_EQ(Again("10000000000", kEuro), "10000000000.00");
}

TEST(UnitCostTest, WhatIsNoCostIsRefused) {
  for (const char* text : {"", "-1", "1.0000001", "a", "10000000000.000001"})
    EXPECT_EQ(Again(text, kEuro), "refused") << text;
  EXPECT_EQ(Again("1.00001", kYen), "refused");
}

TEST(UnitCostTest, UnitsCostAWholeAmountRoundedUp) {
  const UnitCost third = *ParseUnitCost("0.333333", kEuro);
  EXPECT_EQ(CostOfUnits(third, 1), Money(34));
  EXPECT_EQ(CostOfUnits(third, 3), Money(100));
  EXPECT_EQ(CostOfUnits(third, 300), Money(10'000));
  EXPECT_EQ(CostOfUnits(UnitCost(), 5), Money());
  EXPECT_EQ(CostOfUnits(*ParseUnitCost("0.01", kEuro), 7), Money(7));
  EXPECT_EQ(CostOfUnits(kMaxUnitCost, 1'000'000), kMaxLineMoney);
}

}  // namespace
}  // namespace pistis
