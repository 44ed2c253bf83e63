#include "server/metrics/readiness.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/operations/command.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

// A health service that keeps what it was told.
class Health final : public grpc::HealthCheckServiceInterface {
 public:
  void SetServingStatus(const std::string& service, bool serving) override {
    absl::MutexLock lock(&mutex_);
    serving_[service] = serving;
  }
  void SetServingStatus(bool serving) override {
    SetServingStatus("", serving);
  }
  [[nodiscard]] bool Serves(const std::string& service) {
    absl::MutexLock lock(&mutex_);
    return serving_[service];
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, bool> serving_;
};

// A command that changes nothing, and how it ended.
struct Ended {
  absl::Notification done;
  absl::Status status;
};
class Nothing final : public Command {
 public:
  explicit Nothing(Ended& ended) : ended_(ended) {}
  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }
  [[nodiscard]] WriteSet Decide(const Reader& /*reader*/,
                                const CommitContext& /*context*/) override {
    return {};
  }
  void Acknowledge() override { ended_.done.Notify(); }
  void Refuse(const absl::Status& why) override {
    ended_.status = why;
    ended_.done.Notify();
  }

 private:
  Ended& ended_;
};

class ReadinessTest : public testing::Test {
 protected:
  absl::Status Submit() {
    Ended ended;
    engine_.executor->Submit(std::make_unique<Nothing>(ended));
    ended.done.WaitForNotification();
    return ended.status;
  }

  void AwaitReady(bool ready) {
    const absl::Time end = absl::Now() + absl::Seconds(60);
    while (readiness_.IsReady() != ready && absl::Now() < end)
      absl::SleepFor(absl::Milliseconds(1));
    ASSERT_EQ(readiness_.IsReady(), ready);
  }

  TestEngine engine_;
  std::atomic<int64_t> free_ = 1000;
  std::atomic<bool> stalled_ = false;
  Health health_;
  Readiness readiness_{engine_.room,
                       {.free_bytes = [this]() -> absl::StatusOr<int64_t> {
                          if (free_ < 0)
                            return absl::UnavailableError("no such disk");
                          return free_.load();
                        },
                        .is_stalled = [this] { return stalled_.load(); },
                        .min_free_bytes = 100,
                        .interval = absl::Milliseconds(1)}};
};

TEST_F(ReadinessTest, AFullDiskTakesNoChangesUntilThereIsATenthMore) {
  EXPECT_TRUE(Submit().ok());
  free_ = 99;
  AwaitReady(false);
  EXPECT_EQ(ReasonOf(Submit()), Reason::kOverloaded);
  free_ = 109;
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_EQ(ReasonOf(Submit()), Reason::kOverloaded);
  free_ = 110;
  AwaitReady(true);
  EXPECT_TRUE(Submit().ok());
}

TEST_F(ReadinessTest, ADiskThatTellsNothingStopsNobody) {
  free_ = -1;
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_TRUE(readiness_.IsReady());
  EXPECT_TRUE(Submit().ok());
}

TEST_F(ReadinessTest, AStoreThatStaysStalledIsNotReadyAndStillTakesChanges) {
  stalled_ = true;
  AwaitReady(false);
  EXPECT_TRUE(Submit().ok());
  stalled_ = false;
  AwaitReady(true);
}

TEST_F(ReadinessTest, AServerThatStopsIsNotReady) {
  engine_.stopping = true;
  EXPECT_FALSE(readiness_.IsReady());
}

TEST_F(ReadinessTest, HealthAnswersForEachServiceAndTheWhole) {
  readiness_.Tell(health_, {"pistis.v1.CheckoutService"});
  EXPECT_TRUE(health_.Serves(""));
  EXPECT_TRUE(health_.Serves("pistis.v1.CheckoutService"));
  EXPECT_FALSE(health_.Serves("pistis.v1.NoSuchService"));
  free_ = 0;
  AwaitReady(false);
  const absl::Time end = absl::Now() + absl::Seconds(60);
  while (health_.Serves("pistis.v1.CheckoutService") && absl::Now() < end)
    absl::SleepFor(absl::Milliseconds(1));
  EXPECT_FALSE(health_.Serves("pistis.v1.CheckoutService"));
  EXPECT_FALSE(health_.Serves(""));
  readiness_.TellNobody();
}

TEST(FreeBytesTest, ADiskThatIsThereTellsAndOneThatIsNotDoesNot) {
  const absl::StatusOr<int64_t> free = FreeBytes(testing::TempDir());
  ASSERT_TRUE(free.ok()) << free.status();
  EXPECT_GT(*free, 0);
  EXPECT_FALSE(FreeBytes("/nonexistent/pistis").ok());
}

}  // namespace
}  // namespace pistis::server
