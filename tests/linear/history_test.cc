// The checks of a history find what is wrong with one.
#include "tests/linear/history.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/executor.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using testing::IsEmpty;
using testing::Not;

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01"}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

class HistoryTest : public testing::Test {
 protected:
  // One earns 10, 11, 12, ... and redeems too much at the end, one by one.
  void SetUp() override {
    MemoryStore store;
    TestShop shop(store, clock_);
    Open(shop);
    auto executor = Executor::Start(
        store, clock_, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    ASSERT_TRUE(executor.ok()) << executor.status();
    first_seq_ = (*executor)->last_commit_seq() + 1;
    Sender sender(**executor, shop.env(), clock_);
    for (int i = 0; i < 6; ++i) {
      v1::EarnPointsRequest request;
      request.set_program_id(std::string(kShop));
      request.set_request_id(absl::StrCat("q", i));
      request.set_member_id("ann");
      request.set_points(10 + i);
      history_.push_back({.request = request});
    }
    v1::CommitOrderRequest refused = SaleRequest("o1", "ann", {100});
    refused.mutable_order()->mutable_redeem()->set_points(1000);
    history_.push_back({.request = refused});
    for (Sent& sent : history_)
      sender.SendAll(absl::MakeSpan(&sent, 1));
  }
  static void Open(TestShop& shop) {
    OpenWith(kRulebook, shop);
    ASSERT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
  }
  std::vector<std::string> Replay() {
    MemoryStore store;
    TestShop shop(store, clock_);
    Open(shop);
    return ReplayFaults(history_, shop, store);
  }

  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  History history_;
  int64_t first_seq_ = 0;
};

TEST_F(HistoryTest, WhatHappenedIsSound) {
  EXPECT_THAT(NumberFaults(history_, first_seq_), IsEmpty());
  EXPECT_THAT(OrderFaults(history_), IsEmpty());
  EXPECT_THAT(Replay(), IsEmpty());
}

TEST_F(HistoryTest, AnotherOrderIsFound) {
  std::swap(history_[1].context, history_[3].context);
  EXPECT_THAT(NumberFaults(history_, first_seq_), Not(IsEmpty()));
  EXPECT_THAT(OrderFaults(history_), Not(IsEmpty()));
  EXPECT_THAT(Replay(), Not(IsEmpty()));
}

TEST_F(HistoryTest, AGapIsFound) {
  history_.erase(history_.begin() + 2);
  EXPECT_THAT(NumberFaults(history_, first_seq_), Not(IsEmpty()));
  EXPECT_THAT(Replay(), Not(IsEmpty()));
}

TEST_F(HistoryTest, TwoCommitsOfOneNumberAreFound) {
  history_[2].context = history_[1].context;
  EXPECT_THAT(NumberFaults(history_, first_seq_), Not(IsEmpty()));
}

TEST_F(HistoryTest, AnAnswerFromAnotherStateIsFound) {
  history_[4].answer.reply = history_[3].answer.reply;
  EXPECT_THAT(NumberFaults(history_, first_seq_), Not(IsEmpty()));
  EXPECT_THAT(Replay(), Not(IsEmpty()));
}

TEST_F(HistoryTest, ARefusalOfAnEarlierStateIsFound) {
  Sent& refused = history_.back();
  ASSERT_FALSE(refused.answer.accepted());
  refused.context.commit_seq = first_seq_ + 2;
  EXPECT_THAT(OrderFaults(history_), Not(IsEmpty()));
  EXPECT_THAT(Replay(), Not(IsEmpty()));
}

TEST_F(HistoryTest, TimeThatRunsBackIsFound) {
  history_[5].context.now -= absl::Seconds(1);
  EXPECT_THAT(OrderFaults(history_), Not(IsEmpty()));
  EXPECT_THAT(Replay(), Not(IsEmpty()));
}

}  // namespace
}  // namespace pistis
