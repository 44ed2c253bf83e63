// What the HTTP side tells the gRPC server of a caller. Both run in one process
// and speak over its in-process channel.
#ifndef PISTIS_SERVER_AUTH_HTTP_IDENTITY_H_
#define PISTIS_SERVER_AUTH_HTTP_IDENTITY_H_

#include <string>

#include "google/protobuf/descriptor.h"

namespace pistis::server {

// Metadata of a call that came by HTTP. Believed of calls over the in-process
// channel alone; the HTTP side sends the first two with every call, and never
// takes them from a request's headers.
//
// The network that the call came from (server/limits/peer_network.h):
// "10.0.0.7".
inline constexpr char kHttpPeer[] = "pistis-http-peer";
// The client certificate that the HTTP side has verified, as DER; absent: none.
inline constexpr char kHttpCertificate[] = "pistis-http-cert-bin";

// The key, as "Bearer pistis_...": passed on as it came.
inline constexpr char kAuthorization[] = "authorization";

// What the HTTP side knows of a call before it reads the body: the method, and
// the values of the metadata above; empty: none.
struct HttpCallHead {
  const google::protobuf::MethodDescriptor& method;
  std::string address;
  std::string authorization;
  std::string certificate;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_AUTH_HTTP_IDENTITY_H_
