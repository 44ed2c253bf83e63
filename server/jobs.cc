#include "server/jobs.h"

#include <algorithm>

namespace pistis::server {
namespace {

// Leaves the machine to the tills between slices.
constexpr absl::Duration kBetweenSlices = absl::Milliseconds(50);

}  // namespace

Jobs::Jobs(const EngineRoom& room, const TrustedClock& clock,
           const JobsOptions& options)
    : interval_(options.interval),
      watch_(clock, steady_),
      due_(room),
      margins_(room),
      prune_(room, steady_, options.request_retention),
      thread_([this] { Loop(); }) {}

Jobs::~Jobs() {
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
    margins_.Begin();
    StepUntil(until, [this] { return margins_.Step(); });
    if (is_believed) StepUntil(until, [this] { return prune_.Step(); });
  } while (!ending_.EndsWithin(
      std::max(until - steady_.Elapsed(), absl::ZeroDuration())));
}

}  // namespace pistis::server
