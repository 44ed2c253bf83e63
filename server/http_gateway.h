// The unary API as HTTP/JSON, in the Connect protocol: POST
// /pistis.v1.CheckoutService/CommitOrder with a protobuf-JSON body.
#ifndef PISTIS_SERVER_HTTP_GATEWAY_H_
#define PISTIS_SERVER_HTTP_GATEWAY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"

namespace pistis::server {

// Translates between JSON and the gRPC server in the same process, so that both
// ways have the same checks and the same refusals. Also answers GET /healthz.
// Streams are gRPC's alone: a call of one is refused with `unimplemented`.
class HttpGateway {
 public:
  // Null for an empty address. Unavailable where `address` ("127.0.0.1:7601")
  // cannot be listened on. `server` must outlive the gateway.
  static absl::StatusOr<std::unique_ptr<HttpGateway>> Start(
      const std::string& address, grpc::Server& server);

  HttpGateway(const HttpGateway&) = delete;
  HttpGateway& operator=(const HttpGateway&) = delete;
  // Answers what is under way, then ends.
  ~HttpGateway();

 private:
  class Listener;
  explicit HttpGateway(std::unique_ptr<Listener> listener);

  std::unique_ptr<Listener> listener_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_GATEWAY_H_
