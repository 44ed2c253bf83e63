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
      prune_(room, steady_, options.request_retention),
      thread_([this] { Loop(); }) {}

Jobs::~Jobs() {
  ending_.End();
  thread_.join();
}

void Jobs::Pass(absl::Duration until) {
  due_.Pass(ending_);
  while (steady_.Elapsed() < until && !ending_.EndsWithin(kBetweenSlices) &&
         prune_.Step()) {
  }
}

void Jobs::Loop() {
  absl::Duration until;
  do {
    until = steady_.Elapsed() + interval_;
    if (watch_.AllowsJobs()) Pass(until);
  } while (!ending_.EndsWithin(
      std::max(until - steady_.Elapsed(), absl::ZeroDuration())));
}

}  // namespace pistis::server
