#include "server/sinks/relay.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sinks/relay_testing.h"

namespace pistis::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(RelayTest, EventsAreToldInOrderAndOnceOverARestart) {
  Sell("a1", "ann");
  Sell("b1", "ben");
  Start();
  Rounds(3);
  EXPECT_THAT(told_.orders, ElementsAre("a1", "b1"));
  EXPECT_EQ(Shown().delivered(), 2);
  Start();
  Rounds(3);
  EXPECT_EQ(told_.tries, 2);
}

TEST_F(RelayTest, LaterEventsOfAMemberWaitBehindARefusedOneAndOthersGoOn) {
  for (const char* order : {"a1", "a2"})
    Sell(order, "ann");
  Sell("b1", "ben");
  Sell("a3", "ann");
  told_.answers = {{"a1", Outcome::kRefused}};
  Start();
  Rounds(4);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
  EXPECT_EQ(Shown().waiting(), 3);
  EXPECT_EQ(Shown().trouble(), "as the test says");
  // Also over a restart.
  Start();
  Rounds(4);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
  told_.answers.clear();
  Rounds(8);
  EXPECT_THAT(told_.orders, ElementsAre("b1", "a1", "a2", "a3"));
  EXPECT_EQ(Shown().waiting(), 0);
  EXPECT_EQ(Shown().trouble(), "");
  EXPECT_EQ(Shown().delivered(), 4);
}

TEST_F(RelayTest, ASlowRefusalLeavesTimeForOthers) {
  backoff_.max = absl::Hours(1);
  Sell("a1", "ann");
  for (const char* order : {"b1", "b2", "b3"})
    Sell(order, "ben");
  told_.answers = {{"a1", Outcome::kRefused}};
  told_.takes = {{"a1", absl::Minutes(5)}};
  Start(1);
  Rounds(5);
  EXPECT_THAT(told_.orders, ElementsAre("b1", "b2", "b3"));
  EXPECT_EQ(told_.tries_of["a1"], 2);
}

TEST_F(RelayTest, APauseBeginsWhenTheRefusalCame) {
  backoff_.max = absl::Hours(1);
  Sell("a1", "ann");
  told_.answers = {{"a1", Outcome::kRefused}};
  told_.takes = {{"a1", absl::Minutes(5)}};
  told_.retry_after = absl::Minutes(3);
  Start(1);
  Rounds(3);
  EXPECT_EQ(told_.tries, 1);
  clock_.Advance(absl::Minutes(4));
  Start(1);
  Rounds(1);
  EXPECT_EQ(told_.tries, 2);
}

TEST_F(RelayTest, WhatIsRefusedForThreeDaysIsGivenUpAndKept) {
  Sell("a1", "ann");
  Sell("a2", "ann");
  told_.answers = {{"a1", Outcome::kRefused}};
  Start();
  Rounds(2);
  clock_.Advance(absl::Hours(71));
  Rounds(2);
  EXPECT_EQ(Shown().dead_letters(), 0);
  clock_.Advance(absl::Hours(2));
  Rounds(4);
  EXPECT_EQ(Shown().dead_letters(), 1);
  EXPECT_THAT(told_.orders, ElementsAre("a2"));
  EXPECT_EQ(Shown().waiting(), 0);
}

TEST_F(RelayTest, ASinkCannotAskForAPauseLongerThanTheLongestWait) {
  Sell("a1", "ann");
  told_.answers = {{"a1", Outcome::kRefused}};
  told_.retry_after = absl::Hours(24 * 3650);
  Start();
  Rounds(2);
  EXPECT_EQ(Shown().waiting(), 1);
  told_.answers.clear();
  Rounds(4);
  EXPECT_THAT(told_.orders, ElementsAre("a1"));
}

TEST_F(RelayTest, NothingIsHandedOverAgainWhereTheEngineIsTooBusyToRecordIt) {
  Sell("a1", "ann");
  Sell("b1", "ben");
  Start(1, {.max_queue = 0});
  Rounds(10);
  EXPECT_THAT(told_.orders, ElementsAre("a1"));
  EXPECT_EQ(told_.tries, 1);
  Start();
  Rounds(4);
  EXPECT_THAT(told_.orders, ElementsAre("a1", "a1", "b1"))
      << "at least once: nothing of it was recorded before the restart";
}

TEST_F(RelayTest, WhatIsRejectedIsGivenUpAtOnce) {
  Sell("a1", "ann");
  Sell("a2", "ann");
  told_.answers = {{"a1", Outcome::kRejected}};
  Start();
  Rounds(2);
  EXPECT_EQ(Shown().dead_letters(), 1);
  EXPECT_THAT(told_.orders, ElementsAre("a2"));
}

TEST_F(RelayTest, TheTroubleOfWhatWasGivenUpIsShownUntilTheNextDelivery) {
  Sell("a1", "ann");
  told_.answers = {{"a1", Outcome::kRejected}};
  Start();
  Rounds(5);
  EXPECT_EQ(Shown().trouble(), "as the test says");
}

TEST_F(RelayTest, NothingOvertakesWhileTheSinkCannotBeReached) {
  Sell("a1", "ann");
  Sell("b1", "ben");
  told_.all = Outcome::kUnreachable;
  Start();
  Rounds(10);
  EXPECT_THAT(told_.orders, IsEmpty());
  EXPECT_EQ(Shown().waiting(), 0);
  EXPECT_EQ(Shown().trouble(), "as the test says");
  told_.all = Outcome::kDelivered;
  Rounds(6);
  EXPECT_THAT(told_.orders, ElementsAre("a1", "b1"));
  EXPECT_EQ(Shown().trouble(), "");
}

TEST_F(RelayTest, OneEventIsGivenUpForThreeDaysWithoutTheSink) {
  Sell("a1", "ann");
  Sell("b1", "ben");
  told_.all = Outcome::kUnreachable;
  Start();
  Rounds(2);
  clock_.Advance(absl::Hours(73));
  Rounds(3);
  EXPECT_EQ(Shown().dead_letters(), 1);
  Rounds(3);
  EXPECT_EQ(Shown().dead_letters(), 1) << "the next one's time began anew";
  told_.all = Outcome::kDelivered;
  Rounds(4);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
}

TEST_F(RelayTest, WhatWasNotFlushedIsHandedOverAgain) {
  for (const char* order : {"a1", "a2", "a3"})
    Sell(order, "ann");
  told_.flush = Outcome::kUnreachable;
  Start();
  Rounds(5);
  EXPECT_THAT(told_.orders, IsEmpty());
  EXPECT_EQ(Shown().delivered(), 0);
  told_.flush = Outcome::kDelivered;
  Rounds(8);
  EXPECT_THAT(told_.orders, ElementsAre("a1", "a2", "a3"));
  EXPECT_EQ(Shown().delivered(), 3);
}

TEST_F(RelayTest, ASinkThatWantsNoMoreDisablesTheSubscription) {
  Sell("a1", "ann");
  told_.all = Outcome::kGone;
  Start();
  Rounds(1);
  EXPECT_EQ(relay_->Round(), std::nullopt);
  EXPECT_EQ(Shown().state(), v1::Subscription::DISABLED);
  EXPECT_EQ(told_.tries, 1);
}

TEST_F(RelayTest, ABreakOffRecordsWhatCameBeforeAlone) {
  Sell("a1", "ann");
  Sell("b1", "ben");
  told_.answers = {{"b1", Outcome::kBrokenOff}};
  Start();
  Rounds(1);
  EXPECT_EQ(Shown().delivered(), 1);
  EXPECT_EQ(Shown().trouble(), "");
}

TEST_F(RelayTest, WhereTooManyWaitNothingNewIsHandedOver) {
  for (int i = 0; i < kMaxWaitingDeliveries + 50; ++i)
    Sell(absl::StrCat("a", i), "ann");
  told_.answers = {{"a0", Outcome::kRefused}};
  Start();
  Rounds(30);
  EXPECT_EQ(Shown().waiting(), kMaxWaitingDeliveries);
  EXPECT_THAT(told_.orders, IsEmpty());
  told_.answers.clear();
  Rounds(3 * static_cast<int>(kMaxWaitingDeliveries));
  EXPECT_EQ(told_.orders.size(),
            static_cast<size_t>(kMaxWaitingDeliveries) + 50);
  EXPECT_EQ(Shown().waiting(), 0);
}

TEST_F(RelayTest, AnIdleRelayWritesNothing) {
  Sell("a1", "ann");
  Start();
  Rounds(3);
  const int64_t seq = executor_->last_commit_seq();
  Rounds(20);
  EXPECT_EQ(executor_->last_commit_seq(), seq);
}

}  // namespace
}  // namespace pistis::server
