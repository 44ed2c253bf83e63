// A relay whose sink does as the test says.
#ifndef PISTIS_SERVER_SINKS_RELAY_TESTING_H_
#define PISTIS_SERVER_SINKS_RELAY_TESTING_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "engine/operations/commit_order.h"
#include "engine/operations/subscriptions.h"
#include "engine/operations/testing.h"
#include "engine/operations/update_subscription.h"
#include "engine/storage/memory/memory_store.h"
#include "server/run_command.h"
#include "server/sinks/relay.h"

namespace pistis::server {

inline constexpr absl::string_view kRelayRulebook = R"(
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
  // What happens elsewhere while the next event is handed over.
  std::function<void()> meanwhile = [] {};
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
    const auto meanwhile = std::exchange(told_.meanwhile, [] {});
    meanwhile();
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
    OpenWith(kRelayRulebook, shop_);
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

  // While a relay runs.
  void SellOn(const std::string& order, const std::string& member) {
    Change(CommitOrder,
           ParseCommitOrder(SaleRequest(order, member, {1000}), clock_.Now()));
  }

  // Runs a command while a relay runs.
  template <typename Reply, typename Input>
  void Change(absl::StatusOr<DecidedReply<Reply>> (*operation)(
                  const OperationEnv&, const Reader&, const CommitContext&,
                  const Input&),
              const absl::StatusOr<Input>& input) {
    ASSERT_TRUE(input.ok()) << input.status();
    const auto changed = RunCommand<Encoded<Reply>>(
        *executor_, [&](const Reader& reader, const CommitContext& context) {
          return operation(shop_.env(), reader, context, *input);
        });
    ASSERT_TRUE(changed.ok()) << changed.status();
  }
  void Move(const std::string& url) {
    v1::UpdateSubscriptionRequest request;
    request.set_program_id(program_.text());
    request.set_request_id("move");
    request.mutable_subscription()->set_subscription_id("hooks");
    request.mutable_subscription()->mutable_webhook()->set_url(url);
    Change(UpdateSubscription, ParseUpdateSubscription(request, clock_.Now()));
  }
  void Replay() {
    v1::ReplayDeadLettersRequest request;
    request.set_program_id(program_.text());
    request.set_request_id("replay");
    request.set_subscription_id("hooks");
    Change(ReplayDeadLetters, ParseReplayDeadLetters(request, clock_.Now()));
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

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_RELAY_TESTING_H_
