// How the server stops taking calls.
#ifndef PISTIS_SERVER_DRAIN_H_
#define PISTIS_SERVER_DRAIN_H_

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

namespace pistis::server {

// How long gRPC's calls may go on at least, however long `end_http` took.
inline constexpr absl::Duration kLeastDrain = absl::Seconds(2);

// Ends the calls by HTTP, and then shuts the server down that they are made on,
// which takes no new ones from then on; calls under way may finish for at most
// `limit`, both ways together. Returns as soon as there are none, however many
// clients are connected: gRPC by itself would wait for each of them to hang up.
// There must be one gRPC server in the process.
//
// `end_http` is called on this thread and returns when there are no calls by
// HTTP any more: a server that shuts down ends those in its own process at
// once, so it cannot begin before. gRPC's calls go on meanwhile, new ones too
// where a client is connected, and have what is left of the limit, but
// kLeastDrain at least.
//
// What the limit leaves is cancelled. That ends no connection whose client does
// not take what was written before, so after `limit`, or a second after
// cancelling where that is later, `shut_connections` is called, on this thread
// and again until the server is down: it must make writing to them fail.
void DrainCalls(grpc::Server& server, absl::Duration limit,
                absl::FunctionRef<void()> end_http,
                absl::FunctionRef<void()> shut_connections);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_DRAIN_H_
