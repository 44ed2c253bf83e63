#include "server/read_pool.h"

#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis::server {
namespace {

using ::testing::ElementsAre;

// One thread, which is busy until it is let go.
class ReadPoolTest : public testing::Test {
 protected:
  ReadPoolTest() {
    absl::Notification begun;
    EXPECT_TRUE(pool_.Run([this, &begun] {
      begun.Notify();
      go_on_.WaitForNotification();
    }));
    begun.WaitForNotification();
  }
  ~ReadPoolTest() override {
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
  }

  bool Bring(const std::string& whose, const std::string& task) {
    return pool_.Run(
        [this, task] {
          const absl::MutexLock lock(&mutex_);
          done_.push_back(task);
        },
        whose);
  }
  // In the order in which they were done.
  std::vector<std::string> Done() {
    const size_t all = pool_.waiting();
    go_on_.Notify();
    const auto are_done = [this, all]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return done_.size() == all;
    };
    const absl::MutexLock lock(&mutex_, absl::Condition(&are_done));
    return done_;
  }

  absl::Notification go_on_;
  absl::Mutex mutex_;
  std::vector<std::string> done_ ABSL_GUARDED_BY(mutex_);
  ReadPool pool_{1, 8};
};

TEST_F(ReadPoolTest, WhoBringsMuchWaitsForItAndNobodyElse) {
  EXPECT_TRUE(Bring("a", "a1"));
  EXPECT_TRUE(Bring("a", "a2"));
  EXPECT_TRUE(Bring("a", "a3"));
  EXPECT_TRUE(Bring("b", "b1"));
  EXPECT_TRUE(Bring("", "nobody's"));
  EXPECT_TRUE(Bring("b", "b2"));
  EXPECT_EQ(pool_.waiting(), 6U);
  EXPECT_THAT(Done(), ElementsAre("a1", "b1", "nobody's", "a2", "b2", "a3"));
  EXPECT_EQ(pool_.waiting(), 0U);
}

TEST_F(ReadPoolTest, NoneTakesTheLastQuarterOfTheQueueAlone) {
  for (int i = 0; i < 6; ++i)
    EXPECT_TRUE(Bring("a", "a")) << i;
  EXPECT_FALSE(Bring("a", "a"));
  EXPECT_TRUE(Bring("b", "b"));
  EXPECT_TRUE(Bring("c", "c"));
  EXPECT_FALSE(Bring("d", "d")) << "it is full";
  EXPECT_EQ(Done().size(), 8U);
}

TEST_F(ReadPoolTest, NobodysTakeAllOfIt) {
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(Bring("", "x")) << i;
  EXPECT_FALSE(Bring("", "x"));
}

}  // namespace
}  // namespace pistis::server
