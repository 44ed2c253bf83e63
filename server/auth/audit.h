// What is put on record of a call.
#ifndef PISTIS_SERVER_AUTH_AUDIT_H_
#define PISTIS_SERVER_AUTH_AUDIT_H_

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

#include "engine/operations/audit_log.h"
#include "server/auth/caller.h"
#include "server/auth/gate.h"
#include "server/engine_room.h"

namespace pistis::server {

// A call that the gate let in. What it refers to lives until the call is
// finished.
struct AdmittedCall {
  const GatedMethod& method;
  const grpc::ByteBuffer& request;
  CallerPtr caller;
};

// Whether it goes on record. Under --dev a sale may be anybody's: what tills do
// all day does not.
[[nodiscard]] bool IsAudited(const AdmittedCall& call);

// The act of a call that was answered with `reply`, encoded; empty: with
// nothing yet. Of its program and subject it has what is an id.
[[nodiscard]] Act ActOf(const AdmittedCall& call, absl::string_view secret,
                        const std::string& reply);

// Records an act that no other commit is part of, then calls `done`, once, with
// what came of it. An act on a program that does not exist is none.
void RecordAlone(const EngineRoom& room, const AdmittedCall& call,
                 const std::string& reply,
                 std::function<void(const absl::Status&)> done);

// Streams that are on record already. Any thread.
class StreamActs {
 public:
  // True, once a minute, for this caller, method and program: what is opened
  // again and again would fill the log for ever.
  bool IsDue(const AdmittedCall& call, const Act& act, absl::Time now);

 private:
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, absl::Time> next_ ABSL_GUARDED_BY(mutex_);
};

// Records that a stream was asked for, of a program that may be; what tills may
// open, once a minute.
// Nobody waits for it: a line in the log where it fails.
void RecordStream(const EngineRoom& room, const AdmittedCall& call,
                  StreamActs& acts);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_AUDIT_H_
