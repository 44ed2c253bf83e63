#include "server/metrics/line_bound.h"

#include "gtest/gtest.h"

#include "server/metrics/slow_log.h"

namespace pistis::server {
namespace {

TEST(LineBoundTest, WhatIsLeftOutIsCountedForTheNextThatIsSaid) {
  LineBound bound(2);
  const absl::Duration now = absl::Hours(5);
  EXPECT_EQ(bound.Allows(now), 0);
  EXPECT_EQ(bound.Allows(now), 0);
  EXPECT_EQ(bound.Allows(now), std::nullopt);
  EXPECT_EQ(bound.Allows(now + absl::Milliseconds(999)), std::nullopt);
  EXPECT_EQ(bound.Allows(now + absl::Seconds(1)), 2);
  EXPECT_EQ(bound.Allows(now + absl::Seconds(1)), 0);
  EXPECT_EQ(bound.Allows(now + absl::Seconds(1)), std::nullopt);
}

TEST(SlowLogTest, EverySlowCallCountsAndFewAreTold) {
  SlowLog log(absl::Milliseconds(250));
  const absl::Duration begun = absl::Hours(5);
  EXPECT_FALSE(log.Take(begun, begun + absl::Milliseconds(249)));
  int told = 0;
  for (int i = 0; i < 100; ++i)
    told += log.Take(begun, begun + absl::Milliseconds(250)) ? 1 : 0;
  EXPECT_EQ(told, 5);
  EXPECT_EQ(log.count(), 100);
  const auto later = log.Take(begun, begun + absl::Seconds(2));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->left_out, 95);
}

}  // namespace
}  // namespace pistis::server
