#include "engine/codes/guess_bucket.h"

#include "gtest/gtest.h"

namespace pistis {
namespace {

constexpr GuessTerms kTerms{.at_once = 3, .pause = absl::Minutes(1)};

TEST(GuessBucketTest, SoManyAtOnceThenOneMoreAfterEachPause) {
  GuessBucket bucket;
  absl::Time now = absl::UnixEpoch();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(bucket.WaitAt(kTerms, now), absl::ZeroDuration());
    bucket.Take(kTerms, now);
  }
  EXPECT_EQ(bucket.WaitAt(kTerms, now), absl::Minutes(1));
  now += absl::Seconds(20);
  EXPECT_EQ(bucket.WaitAt(kTerms, now), absl::Seconds(40));
  now += absl::Seconds(40);
  EXPECT_EQ(bucket.WaitAt(kTerms, now), absl::ZeroDuration());
  bucket.Take(kTerms, now);
  EXPECT_EQ(bucket.WaitAt(kTerms, now), absl::Minutes(1));
}

TEST(GuessBucketTest, WhatWasTriedBeyondItMakesNoLongerWait) {
  GuessBucket bucket;
  const absl::Time now = absl::UnixEpoch();
  for (int i = 0; i < 100; ++i)
    bucket.Take(kTerms, now);
  EXPECT_EQ(bucket.WaitAt(kTerms, now), absl::Minutes(1));
}

TEST(GuessBucketTest, ItIsFullAgainOnceAllPausesAreOver) {
  GuessBucket bucket;
  const absl::Time now = absl::UnixEpoch();
  EXPECT_TRUE(bucket.IsFullAt(now));
  bucket.Take(kTerms, now);
  bucket.Take(kTerms, now);
  EXPECT_FALSE(bucket.IsFullAt(now + absl::Seconds(119)));
  EXPECT_TRUE(bucket.IsFullAt(now + absl::Minutes(2)));
}

// A day of guessing at full speed.
TEST(GuessBucketTest, NobodyGuessesFasterInTheLongRun) {
  GuessBucket bucket;
  const absl::Time begin = absl::UnixEpoch();
  int tried = 0;
  for (absl::Time now = begin; now < begin + absl::Hours(24);
       now += absl::Milliseconds(500)) {
    if (bucket.WaitAt(kTerms, now) > absl::ZeroDuration()) continue;
    bucket.Take(kTerms, now);
    ++tried;
  }
  EXPECT_LE(tried, 24 * 60 + 3);
  EXPECT_GE(tried, 24 * 60);
}

}  // namespace
}  // namespace pistis
