#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sinks/relay.h"
#include "server/sinks/relay_testing.h"

namespace pistis::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(RelayTest, AnEventThatAloneFindsNoSinkIsRefusedAfterAWhile) {
  Sell("a1", "ann");
  Sell("a2", "ann");
  Sell("b1", "ben");
  told_.answers = {{"a1", Outcome::kUnreachable}};
  Start();
  Rounds(5);
  EXPECT_THAT(told_.orders, IsEmpty());
  clock_.Advance(absl::Minutes(10));
  Rounds(5);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
  EXPECT_EQ(Shown().waiting(), 2);
  // From then on it holds up nobody, also over a restart.
  Start();
  const int tries = told_.tries_of["a1"];
  Rounds(5);
  EXPECT_GT(told_.tries_of["a1"], tries);
  clock_.Advance(absl::Hours(73));
  Rounds(5);
  EXPECT_EQ(Shown().dead_letters(), 0) << "the sink may be down";
  Stop();
  Sell("b2", "ben");
  Start();
  Rounds(5);
  EXPECT_EQ(Shown().dead_letters(), 1);
  EXPECT_THAT(told_.orders, ElementsAre("b1", "b2", "a2"));
}

TEST_F(RelayTest, NoEventIsToBlameWhileTheSinkTakesNone) {
  Sell("a1", "ann");
  Sell("b1", "ben");
  told_.all = Outcome::kUnreachable;
  Start();
  Rounds(2);
  EXPECT_EQ(told_.tries_of["b1"], 0);
  clock_.Advance(absl::Hours(1));
  Rounds(5);
  EXPECT_GT(told_.tries_of["b1"], 0);
  EXPECT_EQ(Shown().waiting(), 0);
  EXPECT_EQ(Shown().trouble(), "as the test says");
  clock_.Advance(absl::Hours(72));
  Rounds(5);
  EXPECT_EQ(Shown().dead_letters(), 1);
}

TEST_F(RelayTest, WithoutAnotherEventNothingTellsWhichIsToBlame) {
  Sell("a1", "ann");
  told_.all = Outcome::kUnreachable;
  Start();
  Rounds(2);
  clock_.Advance(absl::Hours(1));
  Rounds(5);
  EXPECT_EQ(Shown().waiting(), 0);
  EXPECT_EQ(Shown().trouble(), "as the test says");
}

TEST_F(RelayTest, ASkippedEventEndsTheTimeInWhichTheSinkFailed) {
  Sell("a1", "ann");
  told_.all = Outcome::kUnreachable;
  Start();
  Rounds(3);
  told_.all = Outcome::kSkipped;
  Rounds(5);
  EXPECT_EQ(Shown().trouble(), "");
  clock_.Advance(absl::Hours(73));
  Stop();
  Sell("b1", "ben");
  told_.all = Outcome::kUnreachable;
  Start();
  Rounds(1);
  EXPECT_EQ(Shown().dead_letters(), 0) << "b1 was tried once";
}

TEST_F(RelayTest, ARunningRelayGoesOnAfterASkippedEvent) {
  told_.all = Outcome::kUnreachable;
  Start();
  SellOn("a1", "ann");
  Rounds(3);
  EXPECT_GT(told_.tries, 0);
  told_.all = Outcome::kSkipped;
  Rounds(5);
  told_.all = Outcome::kDelivered;
  SellOn("b1", "ben");
  Rounds(3);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
}

TEST_F(RelayTest, AFullRowBehindAnEventThatFindsNoSinkIsTakenUpAgain) {
  Sell("a0", "ann");
  Sell("b0", "ben");
  for (int i = 1; i <= kMaxWaitingDeliveries + 10; ++i)
    Sell(absl::StrCat("a", i), "ann");
  Sell("b1", "ben");
  told_.answers = {{"a0", Outcome::kUnreachable}};
  // As long as a receiver is silent.
  told_.takes = {{"a0", absl::Seconds(30)}};
  backoff_.max = absl::Minutes(1);
  Start();
  Rounds(5);
  clock_.Advance(absl::Minutes(11));
  Rounds(40);
  EXPECT_EQ(Shown().waiting(), kMaxWaitingDeliveries);
  for (int i = 0; i < 80; ++i) {
    clock_.Advance(absl::Hours(1));
    Start();
    Rounds(5);
  }
  Rounds(2 * static_cast<int>(kMaxWaitingDeliveries));
  EXPECT_EQ(Shown().dead_letters(), 1);
  EXPECT_EQ(Shown().waiting(), 0);
  EXPECT_THAT(told_.orders, testing::Contains("b1"));
}

TEST_F(RelayTest, WhereTooManyWaitThreeThatFindNoSinkDoNotHideTheOthers) {
  for (const char* member : {"cat", "dan"})
    ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
  Sell("b1", "ben");
  Sell("c1", "cat");
  Sell("d1", "dan");
  for (int i = 0; i < kMaxWaitingDeliveries; ++i)
    Sell(absl::StrCat("a", i), "ann");
  told_.all = Outcome::kRefused;
  Start();
  Rounds(20);
  ASSERT_EQ(Shown().waiting(), kMaxWaitingDeliveries);
  told_.all = Outcome::kDelivered;
  for (const char* order : {"b1", "c1", "d1"})
    told_.answers[order] = Outcome::kUnreachable;
  backoff_.max = absl::Hours(1);
  Start();
  for (int i = 0; i < 5; ++i) {
    clock_.Advance(absl::Seconds(5));
    Start();
    Rounds(3);
  }
  EXPECT_THAT(told_.orders, testing::Contains("a0"));
}

TEST_F(RelayTest, RefusalsOfOthersDoNotSetTheMinutesOfAnEventBack) {
  ASSERT_TRUE(shop_.Enrol(MemberRequest("cat")).ok());
  Sell("a1", "ann");
  Sell("c1", "cat");
  Sell("b1", "ben");
  told_.answers = {{"a1", Outcome::kRefused}, {"c1", Outcome::kUnreachable}};
  Start();
  for (int i = 0; i < 20; ++i) {
    clock_.Advance(absl::Minutes(1));
    Rounds(2);
  }
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
  EXPECT_EQ(Shown().waiting(), 2);
}

TEST_F(RelayTest, ALongRowDoesNotHideThatTheSinkTakesOthers) {
  for (int i = 0; i < 350; ++i)
    Sell(absl::StrCat("a", i), "ann");
  Sell("b1", "ben");
  told_.answers = {{"a0", Outcome::kUnreachable}};
  Start();
  Rounds(2);
  clock_.Advance(absl::Minutes(11));
  Rounds(5);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
  EXPECT_EQ(Shown().waiting(), 350);
}

TEST_F(RelayTest, TheEventInDoubtTakesNoPlaceOfThoseThatWait) {
  ASSERT_TRUE(shop_.Enrol(MemberRequest("cat")).ok());
  for (int i = 0; i < kMaxWaitingDeliveries - 1; ++i)
    Sell(absl::StrCat("a", i), "ann");
  Sell("c1", "cat");
  Sell("b1", "ben");
  told_.answers = {{"a0", Outcome::kRefused}, {"c1", Outcome::kUnreachable}};
  Start();
  Rounds(20);
  told_.answers["a0"] = Outcome::kUnreachable;
  Rounds(2);
  clock_.Advance(absl::Minutes(11));
  Rounds(5);
  EXPECT_THAT(told_.orders, ElementsAre("b1"));
}

TEST_F(RelayTest, ASinkThatIsDownIsNotFloodedWithWhatWaits) {
  for (int i = 0; i < 60; ++i) {
    const std::string member = absl::StrCat("m", i);
    ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    Sell(absl::StrCat("o", i), member);
  }
  told_.all = Outcome::kRefused;
  backoff_.max = absl::Hours(1);
  Start();
  Rounds(10);
  EXPECT_EQ(Shown().waiting(), 60);
  told_.all = Outcome::kUnreachable;
  told_.retry_after = absl::Hours(1);
  clock_.Advance(absl::Minutes(1));
  const int tries = told_.tries;
  Rounds(100);
  EXPECT_EQ(told_.tries, tries + 3) << "it asked for an hour";
  told_.all = Outcome::kDelivered;
  clock_.Advance(absl::Hours(2));
  Start();
  Rounds(10);
  EXPECT_EQ(Shown().waiting(), 0);
}

}  // namespace
}  // namespace pistis::server
