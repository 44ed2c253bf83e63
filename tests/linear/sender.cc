#include "tests/linear/sender.h"

#include <memory>
#include <utility>

#include "absl/synchronization/blocking_counter.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

// What the commands of one SendAll share.
struct Round {
  const OperationEnv& env;
  const Executor& executor;
  std::atomic<int64_t>& count;
  absl::BlockingCounter unanswered;
};

class SentCommand final : public Command {
 public:
  SentCommand(Call call, Round& round, Sent& sent)
      : call_(std::move(call)), round_(round), sent_(sent) {}

  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }
  WriteSet Decide(const Reader& reader, const CommitContext& context) override {
    Decision decision = call_(round_.env, reader, context);
    sent_.context = context;
    sent_.wrote = !decision.writes.empty();
    sent_.answer = std::move(decision.answer);
    return std::move(decision.writes);
  }
  void Acknowledge() override {
    sent_.answered_at = round_.count.fetch_add(1);
    EXPECT_GE(round_.executor.last_commit_seq(),
              sent_.context.commit_seq - (sent_.wrote ? 0 : 1))
        << "answered before it, and all it saw, was durable: "
        << TextOf(sent_.request);
    round_.unanswered.DecrementCount();
  }
  void Refuse(const absl::Status& why) override {
    ADD_FAILURE() << "not run: " << why;
    round_.unanswered.DecrementCount();
  }

 private:
  const Call call_;
  Round& round_;
  Sent& sent_;
};

}  // namespace

void Sender::SendAll(absl::Span<Sent> requests) {
  Round round{
      .env = env_,
      .executor = executor_,
      .count = count_,
      .unanswered = absl::BlockingCounter(static_cast<int>(requests.size()))};
  for (Sent& sent : requests) {
    sent.shaped = clock_.Now();
    Call call = CallOf(sent.request, sent.shaped);
    sent.sent_at = count_.fetch_add(1);
    executor_.Submit(
        std::make_unique<SentCommand>(std::move(call), round, sent));
  }
  round.unanswered.Wait();
}

}  // namespace pistis
