#include "engine/base/trusted_clock.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace pistis {
namespace {

struct FakeWall final : Clock {
  [[nodiscard]] absl::Time Now() const override { return now; }
  absl::Time now =
      absl::FromCivil(absl::CivilHour(2026, 1, 10, 10), absl::UTCTimeZone());
};

struct FakeSteady final : SteadyClock {
  [[nodiscard]] absl::Duration Elapsed() const override { return elapsed; }
  absl::Duration elapsed = absl::Hours(5);
};

constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kTenYears = absl::Hours(24 * 3652);

class TrustedClockTest : public testing::Test {
 protected:
  void Pass(absl::Duration time) {
    wall_.now += time;
    steady_.elapsed += time;
  }
  // Lets time pass, hour by hour, with a look at `clock` each; fails where it
  // ever runs back.
  void PassWatched(absl::Duration time, const TrustedClock& clock) {
    absl::Time last = clock.Now();
    for (absl::Duration passed; passed < time; passed += absl::Hours(1)) {
      Pass(absl::Hours(1));
      const absl::Time now = clock.Now();
      ASSERT_GE(now, last);
      last = now;
    }
  }
  [[nodiscard]] TrustedClock After(absl::Time last_commit) const {
    return TrustedClock(wall_, steady_, {.last_commit = last_commit});
  }

  FakeWall wall_;
  FakeSteady steady_;
  const absl::Time start_ = wall_.now;
};

TEST_F(TrustedClockTest, ASoundClockIsFollowed) {
  const TrustedClock clock(wall_, steady_, {});
  EXPECT_EQ(clock.Now(), start_);
  PassWatched(kDay * 10, clock);
  EXPECT_EQ(clock.Now(), start_ + kDay * 10);
  Pass(kDay * 30);
  EXPECT_EQ(clock.Now(), start_ + kDay * 40) << "nobody asked for a month";
  EXPECT_FALSE(clock.Suspicion());
}

TEST_F(TrustedClockTest, AJumpBackAnHourStandsStillUntilItIsMadeUp) {
  const TrustedClock clock(wall_, steady_, {});
  wall_.now -= absl::Hours(1);
  EXPECT_EQ(clock.Now(), start_);
  EXPECT_FALSE(clock.Suspicion());
  Pass(absl::Minutes(30));
  EXPECT_EQ(clock.Now(), start_);
  Pass(absl::Minutes(31));
  EXPECT_EQ(clock.Now(), start_ + absl::Minutes(1));
  EXPECT_EQ(clock.WallNow(), wall_.now);
}

TEST_F(TrustedClockTest, TenYearsAheadAreNotBelievedAndTimeGoesOn) {
  const TrustedClock clock(wall_, steady_, {});
  EXPECT_EQ(clock.Now(), start_);
  wall_.now += kTenYears;
  EXPECT_EQ(clock.Now(), start_);
  ASSERT_TRUE(clock.Suspicion());
  EXPECT_EQ(clock.Suspicion()->wall, wall_.now);
  EXPECT_EQ(clock.WallNow(), wall_.now);
  PassWatched(kDay * 3, clock);
  EXPECT_EQ(clock.Now(), start_ + kDay * 3);
  EXPECT_EQ(ToText(*clock.Suspicion()),
            "the clock says 2036-01-13T10:00:00Z, 87648h ahead of "
            "2026-01-13T10:00:00Z, what it should say; at most 24h is "
            "believed");
}

TEST_F(TrustedClockTest, AClockThatComesBackIsBelievedAgain) {
  const TrustedClock clock(wall_, steady_, {});
  EXPECT_EQ(clock.Now(), start_);
  wall_.now += kTenYears;
  PassWatched(kDay, clock);
  ASSERT_TRUE(clock.Suspicion());
  wall_.now -= kTenYears;
  EXPECT_FALSE(clock.Suspicion());
  EXPECT_EQ(clock.Now(), start_ + kDay);
  PassWatched(kDay, clock);
  EXPECT_EQ(clock.Now(), wall_.now);
}

TEST_F(TrustedClockTest, TenYearsBehindTimeGoesOnToo) {
  const TrustedClock clock(wall_, steady_, {});
  EXPECT_EQ(clock.Now(), start_);
  wall_.now -= kTenYears;
  PassWatched(kDay * 2, clock);
  EXPECT_EQ(clock.Now(), start_ + kDay * 2);
  ASSERT_TRUE(clock.Suspicion());
  EXPECT_NE(ToText(*clock.Suspicion()).find("87648h behind 2026-01-12T"),
            std::string::npos);
  wall_.now += kTenYears;
  EXPECT_FALSE(clock.Suspicion());
}

TEST_F(TrustedClockTest, AStepWithinTheBoundIsFollowed) {
  const TrustedClock clock(wall_, steady_, {});
  EXPECT_EQ(clock.Now(), start_);
  wall_.now += absl::Seconds(90);
  EXPECT_EQ(clock.Now(), start_ + absl::Seconds(90));
  wall_.now += kDay;
  EXPECT_EQ(clock.Now(), wall_.now) << "the bound itself is within it";
  EXPECT_FALSE(clock.Suspicion());
  wall_.now += kDay + absl::Nanoseconds(1);
  EXPECT_TRUE(clock.Suspicion());
}

TEST_F(TrustedClockTest, SlowDriftIsFollowedHoweverFarItGoes) {
  const TrustedClock clock(wall_, steady_, {});
  for (int day = 0; day < 400; ++day) {
    Pass(kDay);
    wall_.now += absl::Minutes(10);
    ASSERT_EQ(clock.Now(), wall_.now);
  }
  EXPECT_GT(wall_.now - start_ - kDay * 400, kDay * 2);
  for (int day = 0; day < 400; ++day) {
    Pass(kDay);
    wall_.now -= absl::Minutes(10);
    ASSERT_EQ(clock.Now(), wall_.now);
  }
  EXPECT_FALSE(clock.Suspicion());
}

TEST_F(TrustedClockTest, AStepWhileNobodyAsksIsSeenAfterwards) {
  const TrustedClock clock(wall_, steady_, {});
  Pass(kDay * 30);
  wall_.now += kDay * 2;
  EXPECT_TRUE(clock.Suspicion());
  EXPECT_EQ(clock.Now(), start_ + kDay * 30);
}

TEST_F(TrustedClockTest, NothingIsEarlierThanTheLastCommitAfterARestart) {
  const absl::Time last_commit = start_ + absl::Hours(2);
  const TrustedClock clock = After(last_commit);
  EXPECT_EQ(clock.Now(), last_commit);
  EXPECT_FALSE(clock.Suspicion());
  Pass(absl::Hours(3));
  EXPECT_EQ(clock.Now(), start_ + absl::Hours(3));
}

TEST_F(TrustedClockTest, AClosedSeasonIsBelievedAndAYearTooMuchIsNot) {
  EXPECT_EQ(After(start_ - kDay * 400).Now(), start_);
  const TrustedClock clock = After(start_ - kDay * 401);
  EXPECT_EQ(clock.Now(), start_ - kDay * 401);
  EXPECT_TRUE(clock.Suspicion());
  PassWatched(kDay, clock);
  EXPECT_EQ(clock.Now(), start_ - kDay * 400);
  EXPECT_TRUE(clock.Suspicion());
}

TEST_F(TrustedClockTest, ARestartAfterAJumpDoesNotBelieveItEither) {
  std::optional<absl::Time> last_commit;
  {
    const TrustedClock clock(wall_, steady_, {});
    EXPECT_EQ(clock.Now(), start_);
    wall_.now += kTenYears;
    PassWatched(kDay, clock);
    last_commit = clock.Now();
  }
  const TrustedClock clock = After(*last_commit);
  EXPECT_TRUE(clock.Suspicion());
  EXPECT_EQ(clock.Now(), start_ + kDay);
  wall_.now -= kTenYears;
  EXPECT_FALSE(clock.Suspicion());
}

TEST_F(TrustedClockTest, WithoutALimitOfTheDowntimeTheFirstTimeIsAccepted) {
  const TrustedClock clock(wall_, steady_,
                           {.last_commit = start_ - kTenYears,
                            .max_downtime = absl::InfiniteDuration()});
  EXPECT_EQ(clock.Now(), start_);
  EXPECT_FALSE(clock.Suspicion());
  wall_.now += kDay * 2;
  EXPECT_TRUE(clock.Suspicion()) << "later jumps are not";
}

TEST_F(TrustedClockTest, ADowntimeIsGrantedOnce) {
  const TrustedClock clock = After(start_ - kDay * 300);
  EXPECT_EQ(clock.Now(), start_);
  wall_.now += kDay * 30;
  EXPECT_TRUE(clock.Suspicion());
  EXPECT_EQ(clock.Now(), start_);
}

TEST_F(TrustedClockTest, RandomStepsNeverRunBack) {
  const TrustedClock clock(wall_, steady_, {});
  absl::Time last = clock.Now();
  uint64_t state = 42;
  const auto next = [&state](uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<int64_t>((state >> 33U) % below);
  };
  for (int step = 0; step < 20'000; ++step) {
    const absl::Duration passed = absl::Seconds(next(7200));
    steady_.elapsed += passed;
    wall_.now += passed;
    if (next(10) == 0) wall_.now += absl::Hours(next(100'000) - 50'000);
    if (next(10) == 0) wall_.now = last + absl::Minutes(next(200) - 100);
    const absl::Time now = clock.Now();
    ASSERT_GE(now, last);
    ASSERT_LE(now, last + passed + kDay);
    last = now;
  }
}

TEST(BootClockTest, TimePasses) {
  const BootClock clock;
  const absl::Duration before = clock.Elapsed();
  absl::SleepFor(absl::Milliseconds(2));
  EXPECT_GE(clock.Elapsed() - before, absl::Milliseconds(2));
  const SystemClock wall;
  const TrustedClock trusted(wall, clock, {});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&trusted] {
      absl::Time last = absl::InfinitePast();
      for (int turn = 0; turn < 1000; ++turn) {
        const absl::Time now = trusted.Now();
        EXPECT_GE(now, last);
        last = now;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace
}  // namespace pistis
