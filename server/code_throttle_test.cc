#include "server/code_throttle.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"

namespace pistis::server {
namespace {

constexpr CodeThrottleOptions kOptions{
    .terms = {.at_once = 2, .pause = absl::Minutes(1)},
    .caller_factor = 3,
    .most_remembered = 8};

Guesser At(const std::string& terminal, const std::string& member = "") {
  return {.program = "shop",
          .caller = "ipv4:10.0.0.7",
          .terminal = terminal,
          .member = member};
}

class CodeThrottleTest : public testing::Test {
 protected:
  [[nodiscard]] bool May(const Guesser& guesser) {
    const absl::Status status = throttle_.Check(guesser, now_);
    if (!status.ok()) {
      EXPECT_EQ(ReasonOf(status), Reason::kRateLimited);
    }
    return status.ok();
  }
  void MissTwice(const Guesser& guesser) {
    throttle_.Miss(guesser, now_);
    throttle_.Miss(guesser, now_);
  }

  CodeThrottle throttle_{kOptions};
  absl::Time now_ = absl::UnixEpoch();
};

TEST_F(CodeThrottleTest, ATerminalThatGuessesWaitsAndOthersDoNot) {
  MissTwice(At("t1"));
  EXPECT_FALSE(May(At("t1")));
  EXPECT_TRUE(May(At("t2")));
  now_ += absl::Minutes(1);
  EXPECT_TRUE(May(At("t1")));
}

TEST_F(CodeThrottleTest, AMemberWaitsAtEachTerminal) {
  MissTwice(At("t1", "ann"));
  EXPECT_FALSE(May(At("t2", "ann")));
  EXPECT_TRUE(May(At("t2", "ben")));
}

TEST_F(CodeThrottleTest, ACallerWaitsWhateverItSaysItIs) {
  for (int i = 0; i < 6; ++i)
    throttle_.Miss(At(absl::StrCat("t", i), absl::StrCat("m", i)), now_);
  EXPECT_FALSE(May(At("t9", "m9")));
  Guesser other = At("t9");
  other.caller = "ipv4:10.0.0.8";
  EXPECT_TRUE(May(other));
}

TEST_F(CodeThrottleTest, AKeyWaitsWhereverItIsUsed) {
  const auto from = [](const std::string& key, int number) {
    Guesser guesser = At(absl::StrCat("t", number));
    guesser.caller = absl::StrCat("ipv4:10.0.1.", number);
    guesser.key = key;
    return guesser;
  };
  for (int i = 0; i < 6; ++i)
    throttle_.Miss(from("key A", 0), now_);
  EXPECT_FALSE(May(from("key A", 9)));
  EXPECT_TRUE(May(from("key B", 9)));
}

TEST_F(CodeThrottleTest, ProgramsAreApart) {
  MissTwice(At("t1"));
  Guesser other = At("t1");
  other.program = "other";
  EXPECT_TRUE(May(other));
}

TEST_F(CodeThrottleTest, WhatIsRememberedIsBoundedAndTheWorstIsKept) {
  MissTwice(At("worst"));
  throttle_.Miss(At("worst"), now_);
  for (int i = 0; i < 100; ++i) {
    now_ += absl::Milliseconds(1);
    Guesser other = At(absl::StrCat("t", i));
    other.caller.clear();
    throttle_.Miss(other, now_);
  }
  EXPECT_FALSE(May(At("worst")));
}

TEST_F(CodeThrottleTest, TheWaitIsTold) {
  MissTwice(At("t1"));
  now_ += absl::Milliseconds(500);
  EXPECT_NE(throttle_.Check(At("t1"), now_).message().find("in 60 s"),
            absl::string_view::npos);
}

TEST(GuesserTest, IsKnownByItsAddressItsTerminalAndItsMember) {
  v1::Order order;
  order.set_store_id("s");
  order.set_terminal_id("t");
  order.mutable_identifier()->set_kind("card");
  order.mutable_identifier()->set_value("1");
  const Guesser guesser = GuesserOf("shop", "ipv4:10.0.0.7", order);
  EXPECT_EQ(guesser.caller, "ipv4:10.0.0.7");
  EXPECT_EQ(guesser.terminal, "s\nt");
  EXPECT_EQ(guesser.member, "card\n1");
}

}  // namespace
}  // namespace pistis::server
