// A stream of progress, then a report: what takes minutes, one at a time.
#ifndef PISTIS_SERVER_PROGRESS_STREAM_H_
#define PISTIS_SERVER_PROGRESS_STREAM_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

#include "engine/base/refusal.h"
#include "server/methods.h"
#include "server/read_pool.h"
#include "server/wire_status.h"

namespace pistis::server {

// A message of the stream, encoded when it is to be sent.
using EncodedStep = std::function<std::string()>;

// Takes a message that tells how far the work is; false where nobody wants to
// know any more, and the work is to end with kCancelled.
using StepSink = std::function<bool(const EncodedStep& progress)>;

// Does the work: tells its progress, returns the encoded last message.
using LongWork = std::function<absl::StatusOr<std::string>(const StepSink&)>;

// What such a stream needs. What it refers to outlives it.
struct LongWorkTerms {
  ReadPool& pool;
  const EngineRoom& room;
  // Whose work it is: it ends where their key or certificate is good no more.
  CallerPtr caller;
  grpc::CallbackServerContext& context;
  // True while one runs: meanwhile another one is refused with OVERLOADED.
  std::atomic<bool>& running;
  // What is said to another one, and where the pool is full.
  absl::string_view when_running;
  absl::string_view when_full;
};

// Runs `work` on the pool and streams what it says, ten times a second at most
// and never faster than the client reads. A report that is not read counts
// among the unread replies. Ends where the client goes, its deadline passes,
// the caller may not go on, or the server stops. gRPC owns the reactor.
StreamReactor* StartLongWork(const LongWorkTerms& terms, LongWork work);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_PROGRESS_STREAM_H_
