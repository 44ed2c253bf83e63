#include "server/jobs.h"

#include <algorithm>

namespace pistis::server {
namespace {

// Leaves the machine to the tills between slices.
constexpr absl::Duration kBetweenSlices = absl::Milliseconds(50);
// Reports add up what is left since.
constexpr absl::Duration kBetweenFolds = absl::Seconds(2);

}  // namespace

Jobs::Jobs(const EngineRoom& room, const TrustedClock& clock,
           const JobsOptions& options)
    : interval_(options.interval),
      watch_(clock, steady_),
      due_(room),
      margins_(room),
      prune_(room, steady_, options.request_retention),
      erasures_(room, options.erasure_folders),
      thread_([this] { Loop(); }) {}

Jobs::~Jobs() {
  if (thread_.joinable()) End();
}

void Jobs::End() {
  ending_.End();
  thread_.join();
}

void Jobs::StepUntil(absl::Duration until, absl::FunctionRef<bool()> step) {
  bool goes_on = !ending_.EndsWithin(absl::ZeroDuration());
  while (goes_on) {
    goes_on = step() && steady_.Elapsed() < until &&
              !ending_.EndsWithin(kBetweenSlices);
  }
}

void Jobs::Loop() {
  absl::Duration until;
  do {
    until = steady_.Elapsed() + interval_;
    const bool is_believed = watch_.AllowsJobs();
    if (is_believed) due_.Pass(ending_);
    FoldMargins(until);
    StepUntil(until, [this] { return erasures_.Step(); });
    if (is_believed) StepUntil(until, [this] { return prune_.Step(); });
  } while (!EndsBefore(until));
}

void Jobs::FoldMargins(absl::Duration until) {
  margins_.Begin();
  StepUntil(until, [this] { return margins_.Step(); });
}

bool Jobs::EndsBefore(absl::Duration until) {
  while (true) {
    const absl::Duration left =
        std::max(until - steady_.Elapsed(), absl::ZeroDuration());
    if (ending_.EndsWithin(std::min(left, kBetweenFolds))) return true;
    if (left <= kBetweenFolds) return false;
    FoldMargins(until);
  }
}

}  // namespace pistis::server
