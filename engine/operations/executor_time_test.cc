// The executor and the time: across restarts, and with a clock that is wrong.
#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "engine/base/trusted_clock.h"
#include "engine/operations/executor.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

// When the commands of a test were decided, and how many were not.
struct Outcome {
  std::vector<absl::Time> times;
  int refused = 0;
};

class Note final : public Command {
 public:
  Note(absl::Time deadline, Outcome& outcome)
      : deadline_(deadline), outcome_(outcome) {}

  [[nodiscard]] absl::Time deadline() const override { return deadline_; }
  WriteSet Decide(const Reader& /*reader*/,
                  const CommitContext& context) override {
    outcome_.times.push_back(context.now);
    WriteSet writes;
    writes.Put("note", "");
    return writes;
  }
  void Acknowledge() override {}
  void Refuse(const absl::Status& why) override {
    EXPECT_EQ(NameOf(why), "DEADLINE_PASSED");
    ++outcome_.refused;
  }

 private:
  const absl::Time deadline_;
  Outcome& outcome_;
};

struct FakeSteady final : SteadyClock {
  [[nodiscard]] absl::Duration Elapsed() const override { return elapsed; }
  absl::Duration elapsed;
};

class ExecutorTimeTest : public testing::Test {
 protected:
  // Runs one command on an executor of its own, as after a restart.
  void RunOne(const Clock& clock,
              absl::Time deadline = absl::InfiniteFuture()) {
    auto executor = Executor::Start(
        store_, clock, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    ASSERT_TRUE(executor.ok()) << executor.status();
    (*executor)->Submit(std::make_unique<Note>(deadline, outcome_));
    (*executor)->Drain();
  }
  [[nodiscard]] std::optional<absl::Time> LastTime() const {
    return FindLastCommit(*store_.GetSnapshot()).value().time;
  }

  const absl::Time noon_ = TimeAt("2026-01-10 12:00");
  MemoryStore store_;
  FakeClock wall_{noon_};
  Outcome outcome_;
};

TEST_F(ExecutorTimeTest, AnEmptyStoreHasNoLastCommit) {
  const auto last = FindLastCommit(*store_.GetSnapshot());
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->commit_seq, 0);
  EXPECT_EQ(last->time, std::nullopt);
}

TEST_F(ExecutorTimeTest, CommitTimesNeverRunBackOverARestart) {
  RunOne(wall_);
  EXPECT_EQ(LastTime(), noon_);
  for (const absl::Time wall : {TimeAt("2016-01-10"), noon_ - absl::Hours(1),
                                noon_ + absl::Seconds(1)}) {
    wall_.Set(wall);
    RunOne(wall_);
    EXPECT_EQ(outcome_.times.back(), std::max(noon_, wall));
    EXPECT_EQ(LastTime(), std::max(noon_, wall));
  }
  EXPECT_EQ(FindLastCommit(*store_.GetSnapshot())->commit_seq, 4);
}

// Between two microseconds.
class FineClock final : public Clock {
 public:
  [[nodiscard]] absl::Time Now() const override {
    return absl::FromUnixMicros(1'000'000) + absl::Nanoseconds(700);
  }
};

TEST_F(ExecutorTimeTest, TimesAreGivenAsTheyAreStored) {
  const FineClock clock;
  RunOne(clock);
  EXPECT_EQ(outcome_.times.back(), absl::FromUnixMicros(1'000'000));
  EXPECT_EQ(LastTime(), outcome_.times.back());
}

TEST_F(ExecutorTimeTest, NoCommitIsDatedByAClockThatIsNotBelieved) {
  FakeSteady steady;
  {
    const TrustedClock clock(wall_, steady, {});
    RunOne(clock);
    wall_.Advance(absl::Hours(24 * 3652));
    steady.elapsed += absl::Minutes(10);
    RunOne(clock);
    EXPECT_EQ(LastTime(), noon_ + absl::Minutes(10));
  }
  const TrustedClock restarted(wall_, steady, {.last_commit = LastTime()});
  steady.elapsed += absl::Minutes(10);
  RunOne(restarted);
  EXPECT_EQ(outcome_.times.back(), noon_ + absl::Minutes(20));
}

TEST_F(ExecutorTimeTest, DeadlinesAreCountedByTheClockTheyWereSetBy) {
  const FakeSteady steady;
  const TrustedClock clock(wall_, steady, {});
  wall_.Advance(-absl::Hours(1));
  RunOne(clock, wall_.Now());
  EXPECT_EQ(outcome_.refused, 1);
  RunOne(clock, wall_.Now() + absl::Seconds(1));
  EXPECT_EQ(outcome_.refused, 1);
  EXPECT_EQ(outcome_.times, std::vector<absl::Time>{noon_});
}

}  // namespace
}  // namespace pistis
