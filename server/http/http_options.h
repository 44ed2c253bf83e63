// What the HTTP side is told at start.
#ifndef PISTIS_SERVER_HTTP_HTTP_OPTIONS_H_
#define PISTIS_SERVER_HTTP_HTTP_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "server/auth/http_identity.h"

namespace pistis::server {

// What one caller, and all of them, may take up.
struct HttpLimits {
  // Open connections; of one address (of IPv6: of one /64). One more is closed
  // at once.
  int connections = 1024;
  int connections_per_address = 128;
  // New ones of an address in a second, after as many as may be open at once.
  int new_connections = 200;
  size_t header_bytes = size_t{16} << 10U;
  // A handshake of TLS, and each header from its first byte to its last.
  std::chrono::milliseconds header_time{10'000};
  // How long a connection may say nothing between two calls.
  std::chrono::milliseconds idle_time{60'000};
  // A body, and a reply of one piece, may take transfer_time and a second more
  // for each bytes_per_second that have come or are to go.
  std::chrono::milliseconds transfer_time{10'000};
  int64_t bytes_per_second = int64_t{8} << 10U;
  // How long a reader of a stream may take for one message.
  std::chrono::milliseconds stream_write_time{60'000};
  // How long after its request a client that sends no more is taken to await
  // the answer to a unary call, and not to have gone.
  std::chrono::milliseconds half_closed_time{10'000};
  // Bodies and unary replies in memory at one time, of all connections.
  size_t held_bytes = size_t{256} << 20U;
  // The same of one address; one that holds nothing else may be larger.
  size_t held_bytes_per_address = size_t{16} << 20U;
  // How long calls under way may go on when the server stops: less than gRPC's
  // have, which drain after them (server/drain.h).
  std::chrono::milliseconds drain_time{8'000};
};

// PEM files; all empty: no TLS. Read again when they change.
struct HttpTls {
  std::string certificate;
  std::string key;
  // Who signs clients' certificates; empty: none are asked for. A client may
  // always come without one.
  std::string client_ca;
};

struct HttpOptions {
  // "127.0.0.1:7601", "[::1]:7601"; port 0 picks a free one. Empty: no HTTP.
  std::string address;
  HttpTls tls = {};
  // Origins whose pages may call, as browsers write them:
  // "https://console.example". A call from a page of any other is refused.
  std::vector<std::string> cors_origins = {};
  // Whether the engine accepts work, for GET /readyz; on any thread.
  std::function<bool()> ready = [] { return true; };
  // OK, or why the caller may not send the body of such a call. On any thread;
  // must not block.
  std::function<absl::Status(const HttpCallHead&)> check_head =
      [](const HttpCallHead& /*head*/) { return absl::OkStatus(); };
  // Counts such a call whose body became no request: OK, or why it is refused
  // before that is told. On any thread; must not block.
  std::function<absl::Status(const HttpCallHead&)> count_broken =
      [](const HttpCallHead& /*head*/) { return absl::OkStatus(); };
  HttpLimits limits = {};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_HTTP_OPTIONS_H_
