// Errors as the Connect protocol writes them.
// https://connectrpc.com/docs/protocol/#error-codes
#ifndef PISTIS_SERVER_HTTP_CONNECT_ERROR_H_
#define PISTIS_SERVER_HTTP_CONNECT_ERROR_H_

#include <string>

#include "grpcpp/support/status.h"

namespace pistis::server {

struct ConnectError {
  int http_status = 500;
  // {"code": "not_found", "message": ..., "details": [{"type", "value"}]}
  std::string body;
  // Whole seconds, where the refusal tells how long to wait; else empty.
  std::string retry_after_s = {};
};

// The details of the gRPC status travel along, base64 without padding.
[[nodiscard]] ConnectError ToConnectError(const grpc::Status& status);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CONNECT_ERROR_H_
