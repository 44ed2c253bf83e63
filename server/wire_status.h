// Refusals on the wire.
#ifndef PISTIS_SERVER_WIRE_STATUS_H_
#define PISTIS_SERVER_WIRE_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace pistis::server {

// The gRPC status of `status`: same code and message, with the ErrorInfo and
// field violations of a refusal as a google.rpc.Status in the details. A
// failure that is no refusal travels as INTERNAL without its cause, which is
// for the log.
[[nodiscard]] grpc::Status ToWire(const absl::Status& status);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_WIRE_STATUS_H_
