// The API by HTTP, in the Connect protocol: POST
// /pistis.v1.CheckoutService/CommitOrder. See README.md.
#ifndef PISTIS_SERVER_HTTP_GATEWAY_H_
#define PISTIS_SERVER_HTTP_GATEWAY_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"

#include "server/http/http_options.h"

namespace pistis::server {

// Calls the gRPC server in the same process, so that both ways have the same
// checks and the same refusals. Any number of connections on two threads.
class HttpGateway {
 public:
  // Null where the options name no address. InvalidArgument for TLS files that
  // cannot be used, Unavailable for an address that cannot be listened on.
  // `server` must outlive the gateway.
  static absl::StatusOr<std::unique_ptr<HttpGateway>> Start(
      HttpOptions options, grpc::Server& server);

  HttpGateway(const HttpGateway&) = delete;
  HttpGateway& operator=(const HttpGateway&) = delete;
  // Answers unary calls under way and ends streams, then what is still there
  // after HttpLimits.drain_time.
  ~HttpGateway();

  // The port that is listened on.
  [[nodiscard]] int port() const;

 private:
  class Listener;
  explicit HttpGateway(std::unique_ptr<Listener> listener);

  std::unique_ptr<Listener> listener_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_GATEWAY_H_
