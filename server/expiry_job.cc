#include "server/expiry_job.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"

#include "engine/operations/command.h"
#include "engine/operations/expire_due.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

// Where a queue was worked off, removed keys must be passed over until storage
// drops them, so a pass starts near the place the last one reached. A sale that
// an offline till sends late may fall due a little before that place, an
// imported one long before, so some passes start at the front.
constexpr absl::Duration kLateSales = absl::Hours(24 * 4);
constexpr int kPassesFromTheFront = 60;

// One step of a queue, and the thread that waits for it.
struct Step {
  ExpireDueInput input;
  absl::StatusOr<ExpireDueReply> reply = ExpireDueReply();
  absl::Notification done;
};

class StepCommand final : public Command {
 public:
  StepCommand(const OperationEnv& env, Step& step) : env_(env), step_(step) {}

  [[nodiscard]] absl::Time deadline() const override {
    return absl::InfiniteFuture();
  }

  [[nodiscard]] WriteSet Decide(const Reader& reader,
                                const CommitContext& context) override {
    absl::StatusOr<Decided<ExpireDueReply>> decided =
        ExpireDue(env_, reader, context, step_.input);
    if (!decided.ok()) {
      step_.reply = decided.status();
      return {};
    }
    step_.reply = decided->reply;
    return std::move(decided->writes);
  }

  void Acknowledge() override { step_.done.Notify(); }

  void Refuse(const absl::Status& why) override {
    step_.reply = why;
    step_.done.Notify();
  }

 private:
  const OperationEnv& env_;
  Step& step_;
};

}  // namespace

ExpiryJob::ExpiryJob(const EngineRoom& room, absl::Duration interval)
    : room_(room), interval_(interval), thread_([this] { Loop(); }) {}

ExpiryJob::~ExpiryJob() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  thread_.join();
}

bool ExpiryJob::EndsWithin(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&ending_), duration);
}

void ExpiryJob::Loop() {
  int pass = 0;
  do {
    if (pass++ % kPassesFromTheFront == 0) reached_.clear();
    const absl::StatusOr<std::vector<ProgramId>> programs =
        ListProgramIds(*room_.store.GetSnapshot());
    if (!programs.ok()) {
      spdlog::error("the expiry job cannot list programs: {}",
                    programs.status().ToString());
      continue;
    }
    for (const ProgramId& program : *programs)
      WorkOff(program);
  } while (!EndsWithin(interval_));
}

void ExpiryJob::WorkOff(const ProgramId& program) {
  absl::Time from = absl::UnixEpoch();
  const auto reached = reached_.find(program);
  if (reached != reached_.end()) {
    from = std::max(from, reached->second - kLateSales);
  }
  while (!EndsWithin(absl::ZeroDuration())) {
    Step step;
    step.input = {.program = program, .from = from};
    room_.executor.Submit(std::make_unique<StepCommand>(room_.env, step));
    step.done.WaitForNotification();
    if (!step.reply.ok()) {
      spdlog::warn("expiry of program {} was put off: {}", program.text(),
                   step.reply.status().ToString());
      return;
    }
    from = step.reply->reached;
    absl::Time& furthest = reached_[program];
    furthest = std::max(furthest, from);
    if (!step.reply->more) return;
  }
}

}  // namespace pistis::server
