// How long a connection may keep what it was sent from being delivered.
#ifndef PISTIS_SERVER_LIMITS_USER_TIMEOUT_H_
#define PISTIS_SERVER_LIMITS_USER_TIMEOUT_H_

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace pistis::server {

// Milliseconds: as long as gRPC's keepalive lets a silent client be, its pause
// and its time for an answer together.
inline constexpr int kUserTimeoutMs = 80'000;

// The kernel ends the connection (TCP_USER_TIMEOUT, RFC 5482) where bytes that
// were sent are not acknowledged for so long, or where its client, though it
// acknowledges what asks for room, has room for none. gRPC's keepalive ends no
// such connection: its ping waits behind what cannot be written. A connection
// on which nothing is to be sent is not touched. A socket that does not take
// the option goes without.
inline void SetUserTimeout(int socket) {
  const unsigned limit = kUserTimeoutMs;
  setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof(limit));
}

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_USER_TIMEOUT_H_
