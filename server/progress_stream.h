// A stream of progress, then a report: what takes minutes, in turn.
#ifndef PISTIS_SERVER_PROGRESS_STREAM_H_
#define PISTIS_SERVER_PROGRESS_STREAM_H_

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
#include "server/stream_places.h"
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
};

// So many run or wait, of all; whose program has one gets no other.
inline constexpr StreamPlaces::Most kLongWorkPlaces = {
    .in_all = 8, .of_a_caller = 2, .of_a_program = 1};

// Runs `work` on the pool, as it comes to it, and streams what it says, ten
// times a second at most and never faster than the client reads. OVERLOADED
// where `place` is null; it is given back as the work is over, or would have
// begun where nobody waits for it any more. A report that is not read counts
// among the unread replies. Ends where the client goes, its deadline passes,
// the caller may not go on, or the server stops. gRPC owns the reactor.
StreamReactor* StartLongWork(const LongWorkTerms& terms,
                             StreamPlaces::PlacePtr place, LongWork work);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_PROGRESS_STREAM_H_
