#include "server/limits/peer_network.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

#include <arpa/inet.h>

namespace pistis::server {
namespace {

constexpr size_t kNetworkBytes = 8;
// Of an IPv4 address within an IPv6 one.
constexpr size_t kMappedBytes = 12;

std::string TextOf(int family, const void* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, bytes, text.data(), text.size());
  return text.data();
}

}  // namespace

std::string NetworkOf(absl::string_view address) {
  // An interface may follow: "fe80::1%eth0".
  const std::string text(address.substr(0, address.find('%')));
  in6_addr bytes{};
  if (inet_pton(AF_INET6, text.c_str(), &bytes) != 1)
    return std::string(address);
  if (IN6_IS_ADDR_V4MAPPED(&bytes)) {
    return TextOf(AF_INET, bytes.s6_addr + kMappedBytes);
  }
  std::fill(bytes.s6_addr + kNetworkBytes, std::end(bytes.s6_addr), 0);
  return TextOf(AF_INET6, &bytes);
}

std::string NetworkOfPeer(absl::string_view peer) {
  absl::string_view address = peer.substr(0, peer.rfind(':'));
  if (absl::ConsumePrefix(&address, "ipv4:")) return NetworkOf(address);
  if (!absl::ConsumePrefix(&address, "ipv6:")) return std::string(peer);
  const std::string plain = absl::StrReplaceAll(
      address, {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}, {"%25", "%"}});
  return NetworkOf(plain);
}

}  // namespace pistis::server
