#include "server/sinks/backoff.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace pistis::server {
namespace {

TEST(BackoffTest, TheLongestWaitDoublesUpToAnHour) {
  const BackoffOptions options;
  absl::Duration before = absl::ZeroDuration();
  for (int64_t failures = 1; failures < 14; ++failures) {
    const absl::Duration longest = LongestWait(options, failures);
    EXPECT_EQ(longest, failures == 1 ? options.initial : before * 2);
    before = longest;
  }
  for (const int64_t failures : {14, 50, 100, 1'000'000}) {
    EXPECT_EQ(LongestWait(options, failures), options.max) << failures;
  }
}

TEST(BackoffTest, AWaitIsAnyPartOfTheLongest) {
  const BackoffOptions options;
  EXPECT_EQ(WaitAfter(options, 5, 0), absl::ZeroDuration());
  EXPECT_EQ(WaitAfter(options, 5, UINT32_MAX), LongestWait(options, 5));
  EXPECT_GT(WaitAfter(options, 5, UINT32_MAX / 2), LongestWait(options, 5) / 3);
}

TEST(BackoffTest, ThreeDaysHaveTriesInEveryHour) {
  const BackoffOptions options;
  absl::Duration at = absl::ZeroDuration();
  int64_t tries = 1;
  while (at < options.give_up_after)
    at += LongestWait(options, tries++);
  EXPECT_GE(tries, 72);
}

}  // namespace
}  // namespace pistis::server
