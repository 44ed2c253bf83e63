// The port of gRPC: who may connect is decided here, before gRPC sees them.
#ifndef PISTIS_SERVER_LIMITS_GRPC_PORT_H_
#define PISTIS_SERVER_LIMITS_GRPC_PORT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"

#include "server/limits/open_connections.h"
#include "server/limits/port_limits.h"

namespace pistis::server {

// gRPC of this version has no limit of connections, so a thread of its own
// accepts them, closes at once those that are too many, and hands the others to
// gRPC, which knows them as it does its own: TLS, addresses, time-outs. Where
// there is no descriptor for one more, accepting rests for a moment.
class GrpcPort {
 public:
  // Listens; nobody is taken yet. `address` is "HOST:PORT"; all addresses of a
  // name are listened on. Those that are let in are told to `open`, which
  // outlives the port. Unavailable where that fails.
  static absl::StatusOr<std::unique_ptr<GrpcPort>> Open(
      const std::string& address, const PortLimits& limits,
      OpenConnections& open);

  GrpcPort(const GrpcPort&) = delete;
  GrpcPort& operator=(const GrpcPort&) = delete;
  // Stops. The gRPC server may be gone by then.
  ~GrpcPort();

  // Sets what one connection may do and how much memory all may take. Once,
  // before the builder builds.
  void AddTo(grpc::ServerBuilder& builder,
             const std::shared_ptr<grpc::ServerCredentials>& credentials);
  // Takes connections. Once the server is built.
  void Start();
  // Takes no more, and listens no longer; those that are open stay. May be
  // called again.
  void Stop();

  // The port that is listened on.
  [[nodiscard]] int port() const;

 private:
  class Acceptor;
  explicit GrpcPort(std::unique_ptr<Acceptor> acceptor);

  const std::unique_ptr<Acceptor> acceptor_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_GRPC_PORT_H_
