#include "server/http/fair_queue.h"

#include <atomic>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace pistis::server {
namespace {

TEST(FairQueueTest, WhoBringsOneWaitsForOneOfEachAndNotForAllOfOne) {
  std::string done;
  {
    absl::Notification is_held;
    absl::Notification all_wait;
    FairQueue queue;
    const auto add = [&](const char& whose) {
      queue.Add(&whose, [&done, &whose] { done += whose; });
    };
    const char many = 'm';
    const char few = 'f';
    const char late = 'l';
    queue.Add(&done, [&] {
      is_held.Notify();
      all_wait.WaitForNotification();
    });
    is_held.WaitForNotification();
    for (int i = 0; i < 4; ++i)
      add(many);
    add(few);
    add(few);
    add(late);
    all_wait.Notify();
  }
  EXPECT_EQ(done, "mflmfmm");
}

TEST(FairQueueTest, WhatWasAddedIsDoneBeforeTheEnd) {
  std::atomic<int> done = 0;
  {
    FairQueue queue;
    for (int i = 0; i < 1000; ++i)
      queue.Add(&done, [&done] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

}  // namespace
}  // namespace pistis::server
