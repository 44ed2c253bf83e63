// How the server stops taking calls.
#ifndef PISTIS_SERVER_DRAIN_H_
#define PISTIS_SERVER_DRAIN_H_

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace pistis::server {

// Shuts the server down: no new calls, and the calls under way may finish for
// at most `limit`. Returns as soon as there are none, however many clients are
// connected: gRPC by itself would wait for each of them to hang up. There must
// be one gRPC server in the process.
void DrainCalls(grpc::Server& server, absl::Duration limit);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_DRAIN_H_
