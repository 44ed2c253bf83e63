#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "server/sinks/relay.h"
#include "server/sinks/relay_testing.h"

namespace pistis::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(RelayTest, TheLastWordOfASinkThatWasLeftDoesNotDisableTheNewOne) {
  Sell("a1", "ann");
  told_.all = Outcome::kGone;
  Start();
  told_.meanwhile = [&] { Move("https://new.example"); };
  ASSERT_TRUE(relay_->Round().has_value());
  EXPECT_EQ(relay_->Round(), std::nullopt) << "another relay goes on";
  EXPECT_EQ(Shown().state(), v1::Subscription::ACTIVE);
  EXPECT_EQ(Shown().trouble(), "");
  told_.all = Outcome::kDelivered;
  Start();
  Rounds(3);
  EXPECT_THAT(told_.orders, ElementsAre("a1"));
}

TEST_F(RelayTest, ARefusalOfASinkThatWasLeftDelaysNothingAtTheNewOne) {
  backoff_.initial = absl::Hours(1);
  backoff_.max = absl::Hours(1);
  Sell("a1", "ann");
  Sell("a2", "ann");
  told_.all = Outcome::kRefused;
  told_.retry_after = absl::Hours(1);
  Start();
  told_.meanwhile = [&] { Move("https://new.example"); };
  ASSERT_TRUE(relay_->Round().has_value());
  EXPECT_THAT(told_.orders, IsEmpty());
  told_.all = Outcome::kDelivered;
  Start();
  Rounds(6);
  EXPECT_THAT(told_.orders, ElementsAre("a1", "a2"));
}

TEST_F(RelayTest, WhatASinkThatWasLeftWasTriedWithBeginsAnewAtTheNewOne) {
  backoff_.initial = absl::Hours(1);
  backoff_.max = absl::Hours(1);
  Sell("a1", "ann");
  told_.all = Outcome::kRefused;
  Start();
  Rounds(1);
  ASSERT_EQ(Shown().waiting(), 1);
  clock_.Advance(absl::Hours(71));
  told_.meanwhile = [&] { Move("https://new.example"); };
  ASSERT_TRUE(relay_->Round().has_value());
  clock_.Advance(absl::Hours(2));
  Start();
  Rounds(3);
  EXPECT_EQ(Shown().waiting(), 1) << "its three days are not over";
  EXPECT_EQ(Shown().dead_letters(), 0);
}

TEST_F(RelayTest, WhatASinkThatWasLeftRejectedGoesToTheNewOne) {
  Sell("a1", "ann");
  told_.all = Outcome::kRejected;
  Start();
  told_.meanwhile = [&] { Move("https://new.example"); };
  ASSERT_TRUE(relay_->Round().has_value());
  EXPECT_EQ(Shown().dead_letters(), 0);
  told_.all = Outcome::kDelivered;
  Start();
  Rounds(3);
  EXPECT_THAT(told_.orders, ElementsAre("a1"));
}

TEST_F(RelayTest, WhoAsksForAReplayEndsThePauseOfASinkThatWasDown) {
  for (int i = 0; i < 5; ++i) {
    const std::string member = absl::StrCat("m", i);
    ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    Sell(absl::StrCat("o", i), member);
  }
  told_.all = Outcome::kRefused;
  backoff_.max = absl::Hours(1);
  Start();
  Rounds(3);
  ASSERT_EQ(Shown().waiting(), 5);
  told_.all = Outcome::kUnreachable;
  told_.retry_after = absl::Hours(1);
  clock_.Advance(absl::Minutes(1));
  Rounds(5);
  told_.all = Outcome::kDelivered;
  Rounds(5);
  EXPECT_THAT(told_.orders, IsEmpty()) << "it asked for an hour";
  Replay();
  Rounds(5);
  EXPECT_EQ(told_.orders.size(), 5U);
}

}  // namespace
}  // namespace pistis::server
