// Who calls: what the HTTP side tells the gRPC server of it.
#ifndef PISTIS_SERVER_HTTP_CALLER_H_
#define PISTIS_SERVER_HTTP_CALLER_H_

#include <string>
#include <utility>
#include <vector>

#include "boost/asio/ip/tcp.hpp"
#include "openssl/ssl.h"

namespace pistis::server {

// The other side's address without its port, an IPv4 one always as such:
// "10.0.0.7".
[[nodiscard]] std::string AddressOf(const boost::asio::ip::tcp::socket& socket);

// What counts as one caller: the address, of IPv6 its /64.
[[nodiscard]] std::string CallerOf(const boost::asio::ip::tcp::socket& socket);

// The client's certificate as DER, where it showed one and its chain is good;
// else empty. After the handshake.
[[nodiscard]] std::string VerifiedCertificate(SSL* connection);

// The metadata of a call (server/auth/http_identity.h). An `authorization` that
// gRPC would not take is left out, so that the call has none.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> CallerMetadata(
    const std::string& address, const std::string& certificate,
    const std::string& authorization);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CALLER_H_
