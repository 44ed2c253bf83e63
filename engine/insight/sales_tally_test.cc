#include "engine/insight/sales_tally.h"

#include <limits>

#include "gtest/gtest.h"

namespace pistis {
namespace {

const absl::Time kMonday = absl::FromUnixSeconds(1'767'600'000);
const absl::Time kTuesday = kMonday + absl::Hours(24);

GiftSource RuleSource(const std::string& id) {
  return {.kind = GiftSource::Kind::kRule, .id = id};
}

SaleFigures Sale(absl::Time time, int64_t subtotal) {
  return {.time = time,
          .tier = "silver",
          .segments = {"web", "young"},
          .subtotal = Money(subtotal),
          .discount = Money(10),
          .points = Points(7),
          .gifts = {{RuleSource("five"), {.discount = Money(10)}},
                    {RuleSource("base"), {.points = Points(7)}}},
          .caps = {{"margin.order.max_discount", Money(3)}},
          .limits = {"daily"}};
}

TEST(SalesTallyTest, SalesAreCountedByRuleTierAndSegment) {
  SalesTally tally;
  tally.Add(Sale(kMonday, 200));
  tally.Add(Sale(kTuesday, 300));
  EXPECT_EQ(tally.gifts().at(RuleSource("five")).orders, 2);
  EXPECT_EQ(tally.gifts().at(RuleSource("five")).discount, Money(20));
  EXPECT_EQ(tally.gifts().at(RuleSource("base")).points, Points(14));
  const ShareSums& silver = tally.tiers().at("silver");
  EXPECT_EQ(silver.orders, 2);
  EXPECT_EQ(silver.sales, Money(500));
  EXPECT_EQ(silver.discount, Money(20));
  EXPECT_EQ(silver.points, Points(14));
  EXPECT_EQ(tally.segments().at("web").sales, Money(500));
  EXPECT_EQ(tally.segments().at("young").orders, 2);
}

TEST(SalesTallyTest, WhatBoundTellsHowOftenAndWhen) {
  SalesTally tally;
  tally.Add(Sale(kTuesday, 300));
  tally.Add(Sale(kMonday, 200));
  const BindingSums& cap = tally.caps().at("margin.order.max_discount");
  EXPECT_EQ(cap.orders, 2);
  EXPECT_EQ(cap.trimmed, Money(6));
  EXPECT_EQ(cap.first, kMonday);
  EXPECT_EQ(cap.last, kTuesday);
  EXPECT_EQ(tally.limits().at("daily").orders, 2);
}

TEST(SalesTallyTest, ASaleWithoutAMemberIsInNoTier) {
  SalesTally tally;
  tally.Add({.time = kMonday, .subtotal = Money(200)});
  EXPECT_TRUE(tally.tiers().empty());
  EXPECT_TRUE(tally.segments().empty());
}

TEST(SalesTallyTest, MembersAreCountedWhereTheyEndUp) {
  SalesTally tally;
  tally.AddMember("", {"web"});
  tally.AddMember("gold", {});
  EXPECT_EQ(tally.tiers().at("").members, 1);
  EXPECT_EQ(tally.tiers().at("gold").members, 1);
  EXPECT_EQ(tally.segments().at("web").members, 1);
}

TEST(SalesTallyTest, SumsStayAtTheLargestNumber) {
  SalesTally tally;
  const int64_t most = std::numeric_limits<int64_t>::max();
  tally.Add(Sale(kMonday, most));
  tally.Add(Sale(kTuesday, most));
  EXPECT_EQ(tally.tiers().at("silver").sales, Money(most));
}

}  // namespace
}  // namespace pistis
