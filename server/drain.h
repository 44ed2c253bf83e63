// How the server stops taking calls.
#ifndef PISTIS_SERVER_DRAIN_H_
#define PISTIS_SERVER_DRAIN_H_

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace pistis::server {

// Shuts the server down: no new calls, and the calls under way may finish for
// at most `limit`. Returns as soon as there are none, however many clients are
// connected: gRPC by itself would wait for each of them to hang up. There must
// be one gRPC server in the process.
//
// What the limit leaves is cancelled. That ends no connection whose client does
// not take what was written before, so after `limit`, or a second after
// cancelling where that is later, `shut_connections` is called, on this thread
// and again until the server is down: it must make writing to them fail.
void DrainCalls(grpc::Server& server, absl::Duration limit,
                absl::FunctionRef<void()> shut_connections);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_DRAIN_H_
