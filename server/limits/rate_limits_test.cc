#include "server/limits/rate_limits.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"

namespace pistis::server {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

TEST(RateLimitsTest, ABurstIsTakenAndOneMoreIsRefusedWithTheSecondsToWait) {
  RateLimits limits({.rate = 2, .burst = 3});
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(limits.Call("key A", kNow).ok());
  const absl::Status refused = limits.Call("key A", kNow);
  EXPECT_EQ(ReasonOf(refused), Reason::kRateLimited) << refused;
  EXPECT_NE(SerializeRefusal(refused).find("retry_after_s"), std::string::npos);
}

TEST(RateLimitsTest, AskingCountsNothingAndTellsWhatACallWouldHear) {
  RateLimits limits({.rate = 1, .burst = 2});
  for (int i = 0; i < 9; ++i)
    EXPECT_TRUE(limits.Ask("key A", kNow).ok());
  EXPECT_TRUE(limits.Call("key A", kNow).ok());
  EXPECT_TRUE(limits.Ask("key A", kNow).ok());
  EXPECT_TRUE(limits.Call("key A", kNow).ok());
  EXPECT_EQ(ReasonOf(limits.Ask("key A", kNow)), Reason::kRateLimited);
  EXPECT_TRUE(limits.Ask("key B", kNow).ok());
  EXPECT_TRUE(limits.Ask("key A", kNow + absl::Seconds(1)).ok());
  EXPECT_TRUE(limits.Call("key A", kNow + absl::Seconds(1)).ok());
}

TEST(RateLimitsTest, CallsBeyondTheRateAreRefusedForAsLongAsTheyCome) {
  RateLimits limits({.rate = 10, .burst = 10});
  int taken = 0;
  for (int ms = 0; ms < 10'000; ++ms) {
    taken += limits.Call("key A", kNow + absl::Milliseconds(ms)).ok() ? 1 : 0;
  }
  EXPECT_EQ(taken, 109);
}

TEST(RateLimitsTest, CallersDoNotShare) {
  RateLimits limits({.rate = 1, .burst = 1});
  EXPECT_TRUE(limits.Call("key A", kNow).ok());
  EXPECT_FALSE(limits.Call("key A", kNow).ok());
  EXPECT_TRUE(limits.Call("key B", kNow).ok());
}

TEST(RateLimitsTest, UnknownCallersHearWhyUntilTheyAreTooMany) {
  RateLimits limits({});
  const absl::Status why = Refuse(Reason::kUnauthenticated, "no key");
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(ReasonOf(limits.Unknown("ipv4:10.0.0.7", why, kNow)),
              Reason::kUnauthenticated);
  }
  EXPECT_EQ(ReasonOf(limits.Unknown("ipv4:10.0.0.7", why, kNow)),
            Reason::kRateLimited);
  EXPECT_EQ(ReasonOf(limits.Unknown("ipv4:10.0.0.8", why, kNow)),
            Reason::kUnauthenticated);
  EXPECT_EQ(
      ReasonOf(limits.Unknown("ipv4:10.0.0.7", why, kNow + absl::Seconds(1))),
      Reason::kUnauthenticated);
}

TEST(RateLimitsTest, ManyAddressesTakeBoundedMemoryAndNobodyIsHeldTooLong) {
  RateLimits limits({.rate = 1, .burst = 1});
  for (int i = 0; i < 250'000; ++i) {
    ASSERT_TRUE(limits.Call(absl::StrCat("key ", i), kNow).ok());
  }
  EXPECT_TRUE(limits.Call("key 0", kNow).ok());
}

}  // namespace
}  // namespace pistis::server
