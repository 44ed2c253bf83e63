// From an error as gRPC delivers it to one that ReasonOf understands.
#ifndef PISTIS_CLIENTS_CPP_WIRE_STATUS_H_
#define PISTIS_CLIENTS_CPP_WIRE_STATUS_H_

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

namespace pistis {

// The same code and message, and every detail of the google.rpc.Status in the
// grpc-status-details-bin trailer as a payload under its type URL: ErrorInfo
// for ReasonOf (engine/base/refusal.h), BadRequest for the fields. A trailer
// that cannot be read adds nothing. A code outside the known ones is kUnknown.
[[nodiscard]] absl::Status FromWire(const grpc::Status& status);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CPP_WIRE_STATUS_H_
