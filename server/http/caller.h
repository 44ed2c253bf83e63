// Who calls: what the HTTP side tells the gRPC server of it.
#ifndef PISTIS_SERVER_HTTP_CALLER_H_
#define PISTIS_SERVER_HTTP_CALLER_H_

#include <string>
#include <utility>
#include <vector>

#include "boost/asio/ip/tcp.hpp"
#include "openssl/ssl.h"
#include "server/auth/http_identity.h"

namespace pistis::server {

// The other side's address without its port, an IPv4 one always as such:
// "10.0.0.7".
[[nodiscard]] std::string AddressOf(const boost::asio::ip::tcp::socket& socket);

// What counts as one caller: the address, of IPv6 its /64.
[[nodiscard]] std::string CallerOf(const boost::asio::ip::tcp::socket& socket);

// Whether the other side sends no more, or is gone.
[[nodiscard]] bool HasHungUp(boost::asio::ip::tcp::socket& socket);

// The client's certificate as DER, where it showed one and its chain is good;
// else empty. After the handshake.
[[nodiscard]] std::string VerifiedCertificate(SSL* connection);

// The metadata of a call (server/auth/http_identity.h).
[[nodiscard]] std::vector<std::pair<std::string, std::string>> CallerMetadata(
    const HttpCallHead& head);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CALLER_H_
