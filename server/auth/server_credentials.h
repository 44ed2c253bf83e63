// The TLS of the gRPC port.
#ifndef PISTIS_SERVER_AUTH_SERVER_CREDENTIALS_H_
#define PISTIS_SERVER_AUTH_SERVER_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/security/server_credentials.h"

#include "server/http/http_options.h"

namespace pistis::server {

// Without files: plain text. The files are read again within seconds of a
// change; connections that are open stay. With a client_ca a client may show a
// certificate, which it must have signed. InvalidArgument, naming the file,
// where one cannot be used.
[[nodiscard]] absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>>
MakeServerCredentials(const HttpTls& files);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_SERVER_CREDENTIALS_H_
