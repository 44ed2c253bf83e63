// Keeps a fixed number of calls in flight and times them.
#ifndef PISTIS_TESTS_BENCH_CLOSED_LOOP_H_
#define PISTIS_TESTS_BENCH_CLOSED_LOOP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/support/status.h"

#include "tests/bench/histogram.h"

namespace pistis::bench {

// One of the calls in flight: starts a call, then, from that call's end, the
// next. Used by one thread at a time.
class Slot {
 public:
  using Done = std::function<void(const grpc::Status&)>;

  virtual ~Slot() = default;
  // Starts a call and returns at once; `done` runs when it has ended, on
  // another thread. False, with nothing started, where there is no more to do.
  [[nodiscard]] virtual bool Start(const Done& done) = 0;
};

// How long to load. Calls that end in the warm-up are not counted.
struct LoopPlan {
  absl::Duration warm_up;
  absl::Duration measured = absl::InfiniteDuration();
};

// What the calls that ended in the measured time came to.
struct LoopResult {
  Histogram latency;
  int64_t failed = 0;
  // All calls that succeeded, those of the warm-up included.
  int64_t succeeded = 0;
  // Of any time, warm-up included; empty where none failed.
  std::string first_error;
  absl::Duration measured;

  // Calls that succeeded, by second.
  [[nodiscard]] double Rate() const;
};

// Keeps every slot busy until the plan's time is over or no slot has more to
// do, then waits for the last calls. Blocks.
std::unique_ptr<LoopResult> RunClosedLoop(
    const std::vector<std::unique_ptr<Slot>>& slots, const LoopPlan& plan);

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_CLOSED_LOOP_H_
