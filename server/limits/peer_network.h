// What callers of whom nothing but the address is known are counted by.
#ifndef PISTIS_SERVER_LIMITS_PEER_NETWORK_H_
#define PISTIS_SERVER_LIMITS_PEER_NETWORK_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pistis::server {

// An IPv4 address, "10.0.0.7", also where it is written as an IPv6 one; of an
// IPv6 address its /64, which is what one customer of a provider has:
// "2001:db8:0:7::". The text itself where it is no address.
[[nodiscard]] std::string NetworkOf(absl::string_view address);

// The same of what gRPC calls a peer: "ipv4:10.0.0.7:4711",
// "ipv6:%5B2001:db8::1%5D:4711".
[[nodiscard]] std::string NetworkOfPeer(absl::string_view peer);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_PEER_NETWORK_H_
