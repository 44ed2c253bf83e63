#include "server/sinks/relay.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::string_view kRulebook = R"(
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

// What a sink was told, and how it is to answer.
struct Told {
  // Orders that were taken for good, in order.
  std::vector<std::string> orders;
  // Tries, of whatever outcome.
  int tries = 0;
  // What Deliver says of an order; what is not here is delivered.
  std::map<std::string, Outcome> answers;
  // How long Deliver takes for an order; what is not here takes no time.
  std::map<std::string, absl::Duration> takes;
  // How often each order was tried.
  std::map<std::string, int> tries_of;
  Outcome all = Outcome::kDelivered;
  absl::Duration retry_after = absl::ZeroDuration();
  // What Flush says.
  Outcome flush = Outcome::kDelivered;
};

// Keeps what it was handed until it is flushed.
class TellingSink final : public Sink {
 public:
  TellingSink(Told& told, FakeClock& clock, size_t most)
      : told_(told), clock_(clock), most_(most) {}

  [[nodiscard]] Delivery Deliver(const v1::Event& event) override {
    ++told_.tries;
    const std::string& order = event.order_committed().order_id();
    ++told_.tries_of[order];
    if (told_.takes.contains(order)) clock_.Advance(told_.takes[order]);
    const auto answer = told_.answers.find(order);
    const Outcome outcome =
        answer == told_.answers.end() ? told_.all : answer->second;
    if (outcome == Outcome::kDelivered) handed_.push_back(order);
    return {.outcome = outcome,
            .trouble = "as the test says",
            .retry_after = told_.retry_after};
  }
  [[nodiscard]] Delivery Flush() override {
    if (handed_.empty()) return {};
    if (told_.flush == Outcome::kDelivered) {
      told_.orders.insert(told_.orders.end(), handed_.begin(), handed_.end());
    }
    handed_.clear();
    return {.outcome = told_.flush, .trouble = "as the test says"};
  }
  [[nodiscard]] size_t most_at_once() const override { return most_; }

 private:
  Told& told_;
  FakeClock& clock_;
  const size_t most_;
  std::vector<std::string> handed_;
};

class RelayTest : public testing::Test {
 protected:
  void SetUp() override {
    OpenWith(kRulebook, shop_);
    for (const char* member : {"ann", "ben"})
      ASSERT_TRUE(shop_.Enrol(MemberRequest(member)).ok());
    v1::CreateSubscriptionRequest request = SubscriptionRequest("hooks");
    request.mutable_subscription()->mutable_webhook()->set_url(
        "https://shop.example");
    request.mutable_subscription()->add_kinds("order_committed");
    ASSERT_TRUE(shop_.Subscribe(request).ok());
  }

  void Sell(const std::string& order, const std::string& member) {
    const auto sold = shop_.Commit(SaleRequest(order, member, {1000}));
    ASSERT_TRUE(sold.ok()) << sold.status();
  }

  // The store is the executor's from here to Stop; a second start is a restart.
  void Start(size_t most = 100, ExecutorOptions executor = {}) {
    Stop();
    executor_ = *Executor::Start(
        store_, clock_, executor,
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    room_ = std::make_unique<EngineRoom>(EngineRoom{.store = store_,
                                                    .clock = clock_,
                                                    .env = shop_.env(),
                                                    .executor = *executor_,
                                                    .reads = reads_,
                                                    .stopping = stopping_});
    StoredSubscription stored =
        *LoadSubscription(*store_.GetSnapshot(), program_, "hooks");
    relay_ = std::make_unique<Relay>(
        *room_, program_, std::move(stored),
        std::make_unique<TellingSink>(told_, clock_, most),
        RelayOptions{.backoff = backoff_, .poll = absl::Nanoseconds(1)});
  }
  void Stop() {
    relay_.reset();
    executor_.reset();
  }
  void Rounds(int count) {
    for (int i = 0; i < count; ++i) {
      clock_.Advance(absl::Milliseconds(1));
      ASSERT_TRUE(relay_->Round().has_value());
    }
  }
  // What the API shows of it.
  [[nodiscard]] v1::Subscription Shown() const {
    return ToMessage(
        *LoadSubscription(*store_.GetSnapshot(), program_, "hooks"));
  }

  const ProgramId program_{kShop};
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  ReadPool reads_{1, 16};
  std::atomic<bool> stopping_{false};
  Told told_;
  BackoffOptions backoff_{.initial = absl::Nanoseconds(1),
                          .max = absl::Nanoseconds(1)};
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<EngineRoom> room_;
  std::unique_ptr<Relay> relay_;
};

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
