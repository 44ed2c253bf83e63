// Sends requests to an executor and notes what happened, in which order.
#ifndef PISTIS_TESTS_LINEAR_SENDER_H_
#define PISTIS_TESTS_LINEAR_SENDER_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/base/clock.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "tests/linear/call.h"

namespace pistis {

// A request and all that became of it.
struct Sent {
  AnyRequest request;
  // When it was shaped.
  absl::Time shaped;
  // Places in one count over all threads: before it was handed over, and when
  // its answer left.
  int64_t sent_at = 0;
  int64_t answered_at = 0;
  // As what it was decided, and whether that wrote anything.
  CommitContext context;
  bool wrote = false;
  Answer answer;
};

// Any number of threads may send at once. All must outlive it.
class Sender {
 public:
  Sender(Executor& executor, const OperationEnv& env, const Clock& clock)
      : executor_(executor), env_(env), clock_(clock) {}

  // Hands all requests over at once and returns when all are answered, with
  // everything but `request` filled in.
  void SendAll(absl::Span<Sent> requests);

 private:
  Executor& executor_;
  const OperationEnv& env_;
  const Clock& clock_;
  std::atomic<int64_t> count_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_TESTS_LINEAR_SENDER_H_
