// Who calls: what the HTTP side tells the gRPC server of it.
#ifndef PISTIS_SERVER_HTTP_CALLER_H_
#define PISTIS_SERVER_HTTP_CALLER_H_

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "boost/asio/ip/tcp.hpp"
#include "openssl/ssl.h"
#include "server/auth/http_identity.h"

namespace pistis::server {

// What counts as one caller: the other side's network
// (server/limits/peer_network.h).
[[nodiscard]] std::string CallerOf(const boost::asio::ip::tcp::socket& socket);

// Whether the other side is gone. One that sends no more may have gone, or have
// said so after its request to read the answer (shutdown(SHUT_WR), as nc -N
// does): it counts as there until `patient_until`.
[[nodiscard]] bool HasLeft(boost::asio::ip::tcp::socket& socket,
                           std::chrono::steady_clock::time_point patient_until);

// The client's certificate as DER, where it showed one and its chain is good;
// else empty. After the handshake.
[[nodiscard]] std::string VerifiedCertificate(SSL* connection);

// The metadata of a call (server/auth/http_identity.h).
[[nodiscard]] std::vector<std::pair<std::string, std::string>> CallerMetadata(
    const HttpCallHead& head);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_CALLER_H_
