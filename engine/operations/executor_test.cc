#include "engine/operations/executor.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"
#include <unistd.h>

namespace pistis {
namespace {

constexpr absl::string_view kCounter = "counter";

// So many waiting commands that the writer takes some while a batch is being
// synced; no batch closes more than this beyond its limits.
constexpr int kMany = 64;

// A disk whose syncs wait until they are let through.
class Disk {
 public:
  absl::Status Sync() {
    absl::MutexLock lock(&mutex_);
    ++begun_;
    const auto may_pass = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return begun_ <= allowed_;
    };
    mutex_.Await(absl::Condition(&may_pass));
    return absl::OkStatus();
  }

  void Allow(int64_t syncs) {
    absl::MutexLock lock(&mutex_);
    allowed_ += syncs;
  }
  // Returns once that many syncs have begun.
  void AwaitBegun(int64_t syncs) {
    const auto begun = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return begun_ >= syncs;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&begun));
  }
  int64_t begun() {
    absl::MutexLock lock(&mutex_);
    return begun_;
  }

 private:
  absl::Mutex mutex_;
  int64_t begun_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t allowed_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What became of the commands of a test, in the order it happened.
class Log {
 public:
  struct Decision {
    std::string name;
    int64_t commit_seq = 0;
    absl::Time now;
    // The counter as the command saw it.
    int64_t seen = 0;
  };

  void Decided(Decision decision) {
    absl::MutexLock lock(&mutex_);
    decisions_.push_back(std::move(decision));
  }
  void Answered(std::string answer) {
    absl::MutexLock lock(&mutex_);
    answers_.push_back(std::move(answer));
  }
  void AwaitDecided(size_t count) {
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return decisions_.size() >= count;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&enough));
  }
  void AwaitAnswered(size_t count) {
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return answers_.size() >= count;
    };
    absl::MutexLock lock(&mutex_, absl::Condition(&enough));
  }
  std::vector<Decision> decisions() {
    absl::MutexLock lock(&mutex_);
    return decisions_;
  }
  // "a" where the command a was acknowledged, "a OVERLOADED" where refused.
  std::vector<std::string> answers() {
    absl::MutexLock lock(&mutex_);
    return answers_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<Decision> decisions_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> answers_ ABSL_GUARDED_BY(mutex_);
};

int64_t CounterIn(const Reader& reader) {
  int64_t counter = 0;
  return absl::SimpleAtoi(ValueOf(reader, kCounter), &counter) ? counter : 0;
}

struct AddOptions {
  // 0 writes nothing.
  int64_t step = 1;
  absl::Time deadline = absl::InfiniteFuture();
  // Where set, the command decides once this lets a sync through.
  Disk* behind = nullptr;
};

// Adds to the counter.
class Add final : public Command {
 public:
  Add(std::string name, Log& log, const AddOptions& options)
      : name_(std::move(name)), log_(log), options_(options) {}
  ~Add() override { EXPECT_EQ(answers_, 1) << name_; }

  [[nodiscard]] absl::Time deadline() const override {
    return options_.deadline;
  }

  WriteSet Decide(const Reader& reader, const CommitContext& context) override {
    EXPECT_TRUE(options_.behind == nullptr || options_.behind->Sync().ok());
    const int64_t seen = CounterIn(reader);
    log_.Decided({.name = name_,
                  .commit_seq = context.commit_seq,
                  .now = context.now,
                  .seen = seen});
    WriteSet writes;
    if (options_.step != 0) {
      writes.Put(kCounter, absl::StrCat(seen + options_.step));
    }
    return writes;
  }
  void Acknowledge() override {
    ++answers_;
    log_.Answered(name_);
  }
  void Refuse(const absl::Status& why) override {
    ++answers_;
    log_.Answered(absl::StrCat(name_, " ", NameOf(why)));
  }

 private:
  const std::string name_;
  Log& log_;
  const AddOptions options_;
  int answers_ = 0;
};

class ExecutorTest : public testing::Test {
 protected:
  ExecutorTest() : store_({.sync = [this] { return disk_.Sync(); }}) {}
  // A failed test must not wait for the disk for ever.
  ~ExecutorTest() override { disk_.Allow(1'000'000); }

  void Start(const ExecutorOptions& options = {}) {
    auto started =
        Executor::Start(store_, clock_, options, [](const absl::Status& cause) {
          ADD_FAILURE() << "the store failed: " << cause;
        });
    ASSERT_TRUE(started.ok()) << started.status();
    executor_ = *std::move(started);
  }
  void Submit(std::string name, const AddOptions& options = {}) {
    executor_->Submit(std::make_unique<Add>(std::move(name), log_, options));
  }
  void SubmitOf(const std::string& whose, std::string name) {
    executor_->Submit(
        std::make_unique<Add>(std::move(name), log_, AddOptions()), whose);
  }
  void SubmitMany(const AddOptions& options = {}) {
    for (int i = 0; i < kMany; ++i)
      Submit(absl::StrCat("one of many ", i), options);
  }
  [[nodiscard]] int64_t Durable() const {
    return CounterIn(*store_.GetSnapshot());
  }

  Disk disk_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  Log log_;
  std::unique_ptr<Executor> executor_;
};

using Answers = std::vector<std::string>;

TEST_F(ExecutorTest, TheNextBatchFillsWhileTheLastOneSyncs) {
  Start();
  Submit("a");
  disk_.AwaitBegun(1);
  SubmitMany();
  log_.AwaitDecided(2);
  EXPECT_EQ(log_.answers(), Answers());
  disk_.Allow(1);
  disk_.AwaitBegun(2);
  log_.AwaitAnswered(1);
  EXPECT_EQ(log_.answers(), Answers{"a"});
  disk_.Allow(1'000);
  log_.AwaitAnswered(1 + kMany);
  // One sync for what came meanwhile; another where it overtook the writer.
  EXPECT_LE(disk_.begun(), 4);
  EXPECT_EQ(Durable(), 1 + kMany);
}

TEST_F(ExecutorTest, RepliesLeaveOnlyAfterTheSync) {
  Start();
  Submit("a");
  disk_.AwaitBegun(1);
  EXPECT_EQ(log_.answers(), Answers());
  EXPECT_EQ(executor_->last_commit_seq(), 0);
  EXPECT_EQ(Durable(), 0) << "readers see nothing that a crash could take back";
  disk_.Allow(1);
  log_.AwaitAnswered(1);
  EXPECT_EQ(executor_->last_commit_seq(), 1);
  EXPECT_EQ(Durable(), 1);
}

TEST_F(ExecutorTest, CommandsSeeThoseBeforeThemInTheOpenAndTheSyncingBatch) {
  Start();
  Submit("synced");
  disk_.Allow(1);
  log_.AwaitAnswered(1);
  Submit("syncing");
  disk_.AwaitBegun(2);
  SubmitMany();
  log_.AwaitDecided(3);
  EXPECT_EQ(log_.answers().size(), 1U);
  SubmitMany();
  disk_.Allow(1'000);
  executor_->Drain();
  const std::vector<Log::Decision> decisions = log_.decisions();
  ASSERT_EQ(decisions.size(), 2U + 2 * kMany);
  for (size_t i = 0; i < decisions.size(); ++i) {
    EXPECT_EQ(decisions[i].seen, static_cast<int64_t>(i)) << decisions[i].name;
  }
  EXPECT_EQ(Durable(), 2 + 2 * kMany);
}

TEST_F(ExecutorTest, AReplyThatWritesNothingWaitsForTheSyncOfWhatItSaw) {
  Start();
  Submit("a");
  disk_.AwaitBegun(1);
  SubmitMany({.step = 0});
  log_.AwaitDecided(2);
  EXPECT_EQ(log_.decisions()[1].seen, 1);
  EXPECT_EQ(log_.answers(), Answers());
  disk_.Allow(1);
  log_.AwaitAnswered(1 + kMany);
  EXPECT_EQ(log_.answers()[0], "a");
  EXPECT_EQ(disk_.begun(), 1) << "nothing to write, nothing to sync";
}

TEST_F(ExecutorTest, AFullQueueIsOverloaded) {
  Start({.max_queue = 2});
  Disk gate;
  Submit("in work", {.behind = &gate});
  gate.AwaitBegun(1);
  for (const char* name : {"waits 1", "waits 2", "too many"})
    Submit(name);
  EXPECT_EQ(log_.answers(), Answers{"too many OVERLOADED"});
  gate.Allow(1);
  disk_.Allow(10);
  executor_->Drain();
  EXPECT_EQ(log_.answers(),
            (Answers{"too many OVERLOADED", "in work", "waits 1", "waits 2"}));
  EXPECT_EQ(Durable(), 3);
}

TEST_F(ExecutorTest, WhoBringsMuchWaitsForItAndNobodyElse) {
  Start({.max_queue = 8});
  Disk gate;
  Submit("in work", {.behind = &gate});
  gate.AwaitBegun(1);
  for (const char* name : {"a1", "a2", "a3", "a4", "a5", "a6", "a7"})
    SubmitOf("a", name);
  EXPECT_EQ(log_.answers(), Answers{"a7 OVERLOADED"}) << "a quarter is others'";
  for (const char* name : {"b1", "b2", "b3"})
    SubmitOf("b", name);
  EXPECT_EQ(log_.answers().back(), "b3 OVERLOADED") << "it is full";
  gate.Allow(1);
  disk_.Allow(10);
  executor_->Drain();
  EXPECT_EQ(log_.answers(),
            (Answers{"a7 OVERLOADED", "b3 OVERLOADED", "in work", "a1", "b1",
                     "a2", "b2", "a3", "a4", "a5", "a6"}));
}

TEST_F(ExecutorTest, ASlowDiskFillsOneBatchThenTheQueue) {
  constexpr int kQueue = 10;
  Start({.max_queue = kQueue, .max_batch_commands = 1});
  Submit("syncing");
  disk_.AwaitBegun(1);
  for (int i = 0; i < 4; ++i)
    SubmitMany();
  const size_t refused = log_.answers().size();
  EXPECT_GE(refused, 3U * kMany - kQueue);
  for (const std::string& answer : log_.answers()) {
    EXPECT_TRUE(absl::EndsWith(answer, " OVERLOADED")) << answer;
  }
  EXPECT_LE(log_.decisions().size(), 1U + kMany)
      << "a full batch takes no more";
  disk_.Allow(1'000);
  executor_->Drain();
  EXPECT_EQ(Durable(), 1 + 4 * kMany - static_cast<int64_t>(refused));
}

TEST_F(ExecutorTest, ABatchIsClosedByItsBytesToo) {
  Start({.max_batch_bytes = 1});
  Submit("syncing");
  disk_.AwaitBegun(1);
  for (int i = 0; i < 4; ++i)
    SubmitMany();
  disk_.Allow(1'000);
  executor_->Drain();
  EXPECT_EQ(Durable(), 1 + 4 * kMany);
  EXPECT_GE(disk_.begun(), 1 + 4);
}

TEST_F(ExecutorTest, WhatIsPastItsDeadlineIsNotExecuted) {
  Start();
  disk_.Allow(10);
  Submit("late", {.deadline = clock_.Now()});
  Submit("in time", {.deadline = clock_.Now() + absl::Seconds(1)});
  executor_->Drain();
  EXPECT_EQ(log_.answers(), (Answers{"late DEADLINE_PASSED", "in time"}));
  ASSERT_EQ(log_.decisions().size(), 1U);
  EXPECT_EQ(log_.decisions()[0].name, "in time");
  EXPECT_EQ(Durable(), 1);
}

TEST_F(ExecutorTest, ADeadlineMayPassInTheQueue) {
  Start();
  disk_.Allow(10);
  Disk gate;
  Submit("slow", {.behind = &gate});
  gate.AwaitBegun(1);
  Submit("waits", {.deadline = clock_.Now() + absl::Seconds(1)});
  clock_.Advance(absl::Seconds(2));
  gate.Allow(1);
  executor_->Drain();
  EXPECT_EQ(log_.decisions().size(), 1U);
  EXPECT_EQ(Durable(), 1);
  EXPECT_EQ(executor_->last_commit_seq(), 1);
}

TEST_F(ExecutorTest, CommitsAreNumberedWithoutGapsAcrossRestarts) {
  disk_.Allow(1000);
  int64_t expected = 0;
  for (int run = 0; run < 3; ++run) {
    Start();
    EXPECT_EQ(executor_->last_commit_seq(), expected);
    const size_t before = log_.decisions().size();
    for (int i = 0; i < 20; ++i) {
      Submit(absl::StrCat(run, ".", i), {.step = i % 3 == 0 ? 0 : 1});
    }
    executor_->Drain();
    const std::vector<Log::Decision> decisions = log_.decisions();
    for (size_t i = 0; i < 20; ++i) {
      EXPECT_EQ(decisions[before + i].commit_seq, expected + 1);
      if (i % 3 != 0) ++expected;
    }
    EXPECT_EQ(executor_->last_commit_seq(), expected);
    executor_.reset();
  }
  EXPECT_EQ(expected, Durable());
}

TEST_F(ExecutorTest, ADamagedSequenceIsNotGuessed) {
  disk_.Allow(1);
  ASSERT_TRUE(CommitAll(store_, {{SequenceKey(), "\xff"}}).ok());
  const auto started =
      Executor::Start(store_, clock_, {}, [](const absl::Status&) {});
  EXPECT_EQ(NameOf(started.status()), "RECORD_CORRUPT");
}

TEST_F(ExecutorTest, DrainAcknowledgesAllThatWasTakenAndTakesNoMore) {
  Start();
  disk_.Allow(1000);
  for (int i = 0; i < 500; ++i)
    Submit(absl::StrCat(i));
  executor_->Drain();
  EXPECT_EQ(log_.answers().size(), 500U);
  EXPECT_EQ(Durable(), 500);
  Submit("after");
  EXPECT_EQ(log_.answers().back(), "after OVERLOADED");
  executor_->Drain();
  EXPECT_EQ(Durable(), 500);
}

TEST_F(ExecutorTest, TimeNeverRunsBack) {
  Start();
  disk_.Allow(10);
  const absl::Time noon = TimeAt("2026-01-10 12:00");
  const absl::Time morning = TimeAt("2026-01-10 09:00");
  size_t commands = 0;
  for (const absl::Time clock :
       {noon, morning, noon - absl::Hours(1), noon + absl::Seconds(1)}) {
    clock_.Set(clock);
    Submit("a");
    log_.AwaitAnswered(++commands);
  }
  absl::Time last = absl::InfinitePast();
  for (const Log::Decision& decision : log_.decisions()) {
    EXPECT_GE(decision.now, last);
    last = decision.now;
  }
  EXPECT_EQ(log_.decisions()[1].now, noon);
  EXPECT_EQ(last, noon + absl::Seconds(1));
}

TEST_F(ExecutorTest, ManyTillsAreEachAnsweredOnceAndShareSyncs) {
  constexpr int kTills = 8;
  constexpr int kEach = 500;
  Start();
  disk_.Allow(kTills * kEach);
  std::vector<std::thread> tills;
  for (int till = 0; till < kTills; ++till) {
    tills.emplace_back([this, till] {
      for (int i = 0; i < kEach; ++i)
        Submit(absl::StrCat(till, ".", i));
    });
  }
  for (std::thread& till : tills)
    till.join();
  executor_->Drain();
  EXPECT_EQ(log_.answers().size(), size_t{kTills} * kEach);
  int64_t done = 0;
  for (const std::string& answer : log_.answers()) {
    if (answer.find(' ') == std::string::npos) ++done;
  }
  EXPECT_EQ(Durable(), done);
  EXPECT_EQ(executor_->last_commit_seq(), done);
}

// In the child of a death test: one commit, then a disk that fails. Says on
// stderr what the handler heard and who was answered by then, and ends.
void CommitOnceThenFail() {
  Log log;
  std::atomic<int> syncs = 0;
  MemoryStore store({.sync = [&]() -> absl::Status {
    if (++syncs == 1) return absl::OkStatus();
    return absl::UnavailableError("the disk is gone");
  }});
  FakeClock clock(TimeAt("2026-01-10 10:00"));
  auto executor =
      Executor::Start(store, clock, {}, [&](const absl::Status& cause) {
        // Long enough for a wrong acknowledgement to be seen.
        absl::SleepFor(absl::Milliseconds(100));
        const std::string line =
            absl::StrCat(cause.message(), "; answered: ", log.answers().size(),
                         "; stored: ", CounterIn(*store.GetSnapshot()), "\n");
        (void)!write(STDERR_FILENO, line.data(), line.size());
        _exit(3);
      });
  (*executor)->Submit(std::make_unique<Add>("a", log, AddOptions{.step = 1}));
  log.AwaitAnswered(1);
  for (const char* name : {"b", "c", "d"}) {
    (*executor)->Submit(
        std::make_unique<Add>(name, log, AddOptions{.step = 1}));
  }
  (*executor)->Submit(
      std::make_unique<Add>("read", log, AddOptions{.step = 0}));
  (*executor)->Drain();
  _exit(0);
}

TEST(ExecutorDeathTest, AFailedSyncIsFinalAndAcknowledgesNothing) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(CommitOnceThenFail(), testing::ExitedWithCode(3),
              "the disk is gone; answered: 1; stored: 1");
}

}  // namespace
}  // namespace pistis
