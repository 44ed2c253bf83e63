#include "engine/base/rate.h"

#include <string>

#include "gtest/gtest.h"

namespace pistis {
namespace {

TEST(RateTest, PercentAndDecimalAreTheSameRate) {
  const Rate percent = Rate::Parse("12.5%").value();
  const Rate decimal = Rate::Parse("0.125").value();
  for (const int64_t minor : {0, 1, 3, 100, 999, 123456789}) {
    EXPECT_EQ(percent.OfHalfUp(Money(minor)), decimal.OfHalfUp(Money(minor)));
  }
  EXPECT_EQ(percent.OfHalfUp(Money(1000)), Money(125));
}

TEST(RateTest, HalfAMinorUnitRoundsUp) {
  const Rate half = Rate::Parse("50%").value();
  EXPECT_EQ(half.OfHalfUp(Money(1)), Money(1));
  EXPECT_EQ(half.OfHalfUp(Money(3)), Money(2));
  EXPECT_EQ(half.OfDown(Money(3)), Money(1));
  EXPECT_EQ(Rate::Parse("49.9%")->OfHalfUp(Money(1)), Money(0));
}

TEST(RateTest, WhatIsNotARateIsRefused) {
  for (const char* text : {"", "%", "-1%", "5 %", "five", "1/3", "0.0000000001",
                           "1000000", "1e2%"}) {
    EXPECT_FALSE(Rate::Parse(text).ok()) << text;
  }
}

TEST(RateTest, PointsWorthAtMostIsTheInverseOfWorth) {
  for (const char* text : {"0.01", "0.005", "0.033", "1", "2.5"}) {
    const Rate value = Rate::Parse(text).value();
    for (int64_t worth = 0; worth < 200; ++worth) {
      const Points most = value.PointsWorthAtMost(Money(worth), 100);
      EXPECT_LE(value.WorthOf(most, 100), Money(worth)) << text;
      EXPECT_GT(value.WorthOf(most + Points(1), 100), Money(worth)) << text;
    }
  }
}

TEST(RateTest, MulDivRoundsAsItsNameSays) {
  EXPECT_EQ(MulDivDown(7, 1, 2), 3);
  EXPECT_EQ(MulDivUp(7, 1, 2), 4);
  EXPECT_EQ(MulDivHalfUp(7, 1, 2), 4);
  EXPECT_EQ(MulDivHalfUp(1, 1, 3), 0);
  EXPECT_EQ(MulDivDown(-7, 1, 2), -4);
  EXPECT_EQ(MulDivUp(-7, 1, 2), -3);
  EXPECT_EQ(MulDivDown(INT64_MAX, INT64_MAX, INT64_MAX), INT64_MAX);
}

TEST(RateDeathTest, AResultThatDoesNotFitStopsTheProcess) {
  EXPECT_DEATH((void)MulDivDown(INT64_MAX, 2, 1), "");
  EXPECT_DEATH((void)(Money(INT64_MAX) + Money(1)), "");
}

}  // namespace
}  // namespace pistis
