// A command whose caller waits for it: what jobs do.
#ifndef PISTIS_ENGINE_OPERATIONS_RUN_COMMAND_H_
#define PISTIS_ENGINE_OPERATIONS_RUN_COMMAND_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"

namespace pistis {

// Runs `decide` on the executor's writer, between the commands of tills, and
// waits until what it wrote is durable. Its reply, or why there is none. Not on
// a thread that others wait for.
template <typename Reply, typename Decision>
absl::StatusOr<Reply> RunCommand(Executor& executor, Decision decide) {
  struct Waiting {
    absl::StatusOr<Reply> reply = absl::UnknownError("not decided");
    absl::Notification done;
  };
  class WaitedFor final : public Command {
   public:
    WaitedFor(Decision decide, Waiting& waiting)
        : decide_(std::move(decide)), waiting_(waiting) {}

    [[nodiscard]] absl::Time deadline() const override {
      return absl::InfiniteFuture();
    }
    [[nodiscard]] WriteSet Decide(const Reader& reader,
                                  const CommitContext& context) override {
      absl::StatusOr<Decided<Reply>> decided = decide_(reader, context);
      if (!decided.ok()) {
        waiting_.reply = decided.status();
        return {};
      }
      waiting_.reply = std::move(decided->reply);
      return std::move(decided->writes);
    }
    void Acknowledge() override { waiting_.done.Notify(); }
    void Refuse(const absl::Status& why) override {
      waiting_.reply = why;
      waiting_.done.Notify();
    }

   private:
    Decision decide_;
    Waiting& waiting_;
  };
  Waiting waiting;
  executor.Submit(std::make_unique<WaitedFor>(std::move(decide), waiting));
  waiting.done.WaitForNotification();
  return std::move(waiting.reply);
}

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RUN_COMMAND_H_
