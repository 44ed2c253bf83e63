// The jobs over a store in memory.
#include "server/jobs.h"

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/store/v1/records.pb.h"

#include "engine/operations/api_keys.h"
#include "engine/operations/margin_rows.h"
#include "engine/operations/prune_api_keys.h"
#include "engine/operations/testing.h"
#include "engine/storage/access_keys.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"
#include "server/test_log.h"

namespace pistis::server {
namespace {

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01", expire: {after: 30d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

constexpr absl::Duration kDay = absl::Hours(24);

class FakeSteady final : public SteadyClock {
 public:
  void Advance(absl::Duration by) { elapsed_us_ += by / absl::Microseconds(1); }
  [[nodiscard]] absl::Duration Elapsed() const override {
    return absl::Microseconds(elapsed_us_.load());
  }

 private:
  std::atomic<int64_t> elapsed_us_ = 0;
};

class JobsTest : public testing::Test {
 protected:
  void SetUp() override { OpenWith(kRulebook, shop_); }

  // The store is the executor's from here on.
  void Start() {
    executor_ = *Executor::Start(
        store_, clock_, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    room_ = std::make_unique<EngineRoom>(EngineRoom{.store = store_,
                                                    .clock = clock_,
                                                    .env = shop_.env(),
                                                    .executor = *executor_,
                                                    .reads = reads_,
                                                    .stopping = stopping_});
  }
  void SellTo(const std::string& member) {
    ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    ASSERT_TRUE(
        shop_.Commit(SaleRequest(absl::StrCat("sale-", member), member, {500}))
            .ok());
  }
  // The stored bytes of a key that this server sealed.
  [[nodiscard]] std::string Sealed(store::v1::ApiKeyRecord record) const {
    record.set_seal(SealOf(shop_.env().secret, record));
    return record.SerializeAsString();
  }
  void Pass(absl::Duration time) {
    wall_.Advance(time);
    steady_.Advance(time);
  }
  // How many members wait for something to fall due this year: anniversaries,
  // which every member has, come later.
  [[nodiscard]] size_t Queued() const {
    return ContentsOf(*store_.GetSnapshot(),
                      DueKey(program_, absl::UnixEpoch(), {}),
                      DueKey(program_, TimeAt("2027-01-01"), {}))
        .size();
  }
  // Net sales that the sums of margin reports have come to.
  [[nodiscard]] int64_t SalesFolded() const {
    int64_t sales = 0;
    const absl::Status visited = VisitMargins(
        *store_.GetSnapshot(), program_, MarginRows::kDay,
        {.first = absl::CivilDay(2026, 1, 1),
         .last = absl::CivilDay(2026, 12, 31)},
        [&](absl::CivilDay /*day*/, const MarginRow& /*row*/,
            const MarginSums& sums) { sales += sums[Measure::kSales]; });
    EXPECT_TRUE(visited.ok()) << visited;
    return sales;
  }
  [[nodiscard]] size_t Remembered() const {
    return ContentsOf(*store_.GetSnapshot(), "Q", "R").size();
  }
  [[nodiscard]] static bool Becomes(const std::function<bool()>& what) {
    for (int turn = 0; turn < 2000 && !what(); ++turn)
      absl::SleepFor(absl::Milliseconds(5));
    return what();
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock wall_{TimeAt("2026-01-10 10:00")};
  FakeSteady steady_;
  TrustedClock clock_{wall_, steady_, {}};
  TestShop shop_{store_, clock_};
  ReadPool reads_{1, 16};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<EngineRoom> room_;
  Ending ending_;
};

TEST_F(JobsTest, APassPostsAllThatIsDueAndTheNextFindsNothing) {
  for (int i = 0; i < 300; ++i)
    SellTo(absl::StrCat("m", i));
  Start();
  DueJob due(*room_);
  due.Pass(ending_);
  EXPECT_EQ(Queued(), 300U);
  Pass(kDay * 40);
  due.Pass(ending_);
  EXPECT_EQ(Queued(), 0U);
  const int64_t commits = executor_->last_commit_seq();
  due.Pass(ending_);
  EXPECT_EQ(executor_->last_commit_seq(), commits);
}

TEST_F(JobsTest, APassEndsWhereItIsToldTo) {
  SellTo("ann");
  Start();
  Pass(kDay * 40);
  DueJob due(*room_);
  ending_.End();
  due.Pass(ending_);
  EXPECT_EQ(Queued(), 1U);
}

TEST_F(JobsTest, OldRequestsAreForgottenOnceADay) {
  SellTo("ann");
  Start();
  PruneJob prune(*room_, steady_, kDay * 90);
  const auto walk = [&prune] {
    int steps = 0;
    while (prune.Step())
      ++steps;
    return steps;
  };
  EXPECT_GT(walk(), 0);
  EXPECT_EQ(Remembered(), 3U) << "of the program, its rulebook and ann";
  wall_.Advance(absl::Hours(20));
  steady_.Advance(kDay - absl::Seconds(1));
  EXPECT_EQ(walk(), 0);
  Pass(kDay * 91);
  EXPECT_GT(walk(), 0);
  EXPECT_EQ(Remembered(), 0U);
  EXPECT_EQ(walk(), 0);
}

TEST_F(JobsTest, AWalkForgetsAllThatIsOldInSlices) {
  store::v1::RequestRecord record;
  record.set_answered_us(absl::ToUnixMicros(clock_.Now()));
  Contents requests;
  for (int i = 0; i < 12'000; ++i) {
    if (i % 100 == 0) {
      record.set_answered_us(
          absl::ToUnixMicros(clock_.Now() + kDay * (i % 200 == 0 ? 1 : 0)));
    }
    requests[RequestKey(program_, RequestId(absl::StrCat("r", i)))] =
        record.SerializeAsString();
  }
  ASSERT_TRUE(CommitAll(store_, requests).ok());
  Start();
  Pass(kDay * 90 + absl::Hours(1));
  PruneJob prune(*room_, steady_, kDay * 90);
  int steps = 0;
  while (prune.Step())
    ++steps;
  EXPECT_EQ(Remembered(), 6'000U);
  EXPECT_GE(steps, 4) << "the ids of no program, and three slices";
}

TEST_F(JobsTest, KeysThatEndedLongAgoAreForgottenInTheSameWalk) {
  Contents keys;
  for (int i = 0; i < 6'000; ++i) {
    store::v1::ApiKeyRecord record;
    record.set_key_id(absl::StrCat("KEY", i));
    if (i % 2 == 0) record.set_revoke_us(absl::ToUnixMicros(clock_.Now()));
    keys[ApiKeyKey(record.key_id())] = Sealed(record);
  }
  ASSERT_TRUE(CommitAll(store_, keys).ok());
  const auto stored = [this] {
    return ContentsOf(*store_.GetSnapshot(), ApiKeyKey(""), ApiKeysEnd())
        .size();
  };
  Start();
  PruneJob prune(*room_, steady_, kDay * 90);
  const auto walk = [&prune] {
    while (prune.Step()) {
    }
  };
  Pass(kApiKeysKeptFor - absl::Hours(1));
  walk();
  EXPECT_EQ(stored(), 6'000U);
  Pass(kDay);
  walk();
  EXPECT_EQ(stored(), 3'000U);
}

TEST_F(JobsTest, KeysThatCannotBeForgottenHoldUpNoRequests) {
  SellTo("ann");
  Contents stored = {{AuditHeadKey(ProgramId()), "\xff no head"}};
  for (const std::string id : {"KEY1", "KEY2"}) {
    store::v1::ApiKeyRecord record;
    record.set_key_id(id);
    record.set_revoke_us(absl::ToUnixMicros(clock_.Now()));
    stored[ApiKeyKey(id)] = Sealed(record);
  }
  ASSERT_TRUE(CommitAll(store_, stored).ok());
  Start();
  Pass(kApiKeysKeptFor + kDay);
  PruneJob prune(*room_, steady_, kDay * 90);
  while (prune.Step()) {
  }
  EXPECT_EQ(Remembered(), 0U);
  EXPECT_EQ(
      ContentsOf(*store_.GetSnapshot(), ApiKeyKey(""), ApiKeysEnd()).size(),
      2U);
}

TEST_F(JobsTest, SumsOfSalesFollowTheCommitsInSlices) {
  for (int i = 0; i < 700; ++i)
    SellTo(absl::StrCat("m", i));
  Start();
  MarginJob margins(*room_);
  EXPECT_FALSE(margins.Step()) << "no pass has begun";
  margins.Begin();
  EXPECT_TRUE(margins.Step()) << "1,402 commits are two slices";
  const int64_t half = SalesFolded();
  EXPECT_GT(half, 0);
  EXPECT_LT(half, 700 * 500);
  while (margins.Step()) {
  }
  EXPECT_EQ(SalesFolded(), 700 * 500);
  const int64_t commits = executor_->last_commit_seq();
  margins.Begin();
  EXPECT_FALSE(margins.Step());
  EXPECT_EQ(executor_->last_commit_seq(), commits);
}

TEST_F(JobsTest, SumsOfSalesDoNotWaitForTheClock) {
  SellTo("ann");
  Start();
  wall_.Advance(kDay * 3652);
  const Jobs jobs(*room_, clock_, {.interval = absl::Milliseconds(2)});
  EXPECT_TRUE(Becomes([this] { return SalesFolded() == 500; }));
}

TEST_F(JobsTest, NothingElseIsDoneWhileTheClockIsNotBelieved) {
  SellTo("ann");
  Start();
  wall_.Advance(kDay * 3652);
  Jobs jobs(*room_, clock_,
            {.interval = absl::Milliseconds(2), .request_retention = kDay});
  absl::SleepFor(absl::Milliseconds(100));
  EXPECT_EQ(Queued(), 1U);
  EXPECT_EQ(Remembered(), 3U);
  wall_.Advance(-kDay * 3652);
  Pass(kDay * 40);
  EXPECT_TRUE(Becomes([this] { return Queued() == 0; }));
  EXPECT_TRUE(Becomes([this] { return Remembered() == 0; }));
}

TEST_F(JobsTest, AClockThatIsNotBelievedIsSaidOnceAnHour) {
  LogCatcher log;
  ClockWatch watch(clock_, steady_);
  EXPECT_TRUE(watch.AllowsJobs());
  EXPECT_EQ(log.Take().size(), 0U);
  wall_.Advance(kDay * 3652);
  EXPECT_FALSE(watch.AllowsJobs());
  const std::vector<std::string> begun = log.Take();
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_EQ(begun[0].find("error the clock says 2036-01-10T10:00:00Z, 87648h "
                          "ahead of 2026-01-10T10:00:00Z"),
            0U)
      << begun[0];
  for (int minute = 1; minute < 60; ++minute) {
    Pass(absl::Minutes(1));
    EXPECT_FALSE(watch.AllowsJobs());
  }
  EXPECT_EQ(log.Take().size(), 0U);
  Pass(absl::Minutes(1));
  EXPECT_FALSE(watch.AllowsJobs());
  EXPECT_EQ(log.Take().size(), 1U);
  wall_.Advance(-kDay * 3652);
  EXPECT_TRUE(watch.AllowsJobs());
  EXPECT_TRUE(watch.AllowsJobs());
  EXPECT_EQ(log.Take(), std::vector<std::string>{
                            "info the clock is believed again; jobs go on"});
}

TEST(EndingTest, AWaitEndsWithTheEndOrItsTime) {
  Ending ending;
  EXPECT_FALSE(ending.EndsWithin(absl::Milliseconds(1)));
  std::thread ender([&ending] {
    absl::SleepFor(absl::Milliseconds(10));
    ending.End();
  });
  EXPECT_TRUE(ending.EndsWithin(absl::Minutes(10)));
  ender.join();
  EXPECT_TRUE(ending.EndsWithin(absl::ZeroDuration()));
}

}  // namespace
}  // namespace pistis::server
