#include "server/sinks/target_address.h"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"

#include <arpa/inet.h>
#include <netdb.h>

namespace pistis::server {
namespace {

constexpr size_t kIpv6Bytes = 16;
using Ipv6 = std::array<uint8_t, kIpv6Bytes>;

struct Ipv4Network {
  uint32_t begin;
  int bits;
};

// IANA's registry of special-purpose addresses, less what may be reached.
constexpr Ipv4Network kNotPublic4[] = {
    {0x00000000, 8},   // this network
    {0x0a000000, 8},   // private
    {0x64400000, 10},  // shared by carriers
    {0x7f000000, 8},   // loopback
    {0xa9fe0000, 16},  // link-local, metadata of clouds among it
    {0xac100000, 12},  // private
    {0xc0000000, 24},  // protocol assignments
    {0xc0000200, 24},  // documentation
    {0xc0586300, 24},  // relays to IPv6
    {0xc0a80000, 16},  // private
    {0xc6120000, 15},  // benchmarks
    {0xc6336400, 24},  // documentation
    {0xcb007100, 24},  // documentation
    {0xe0000000, 4},   // multicast
    {0xf0000000, 4},   // reserved, broadcast among it
};

struct Ipv6Network {
  Ipv6 begin;
  int bits;
};

constexpr Ipv6Network kNotPublic6[] = {
    {{0x01, 0x00}, 64},              // discarded
    {{0x20, 0x01}, 23},              // protocol assignments, Teredo among them
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4
    {{0x3f, 0xff}, 20},              // documentation
};

// Addresses that lead to the IPv4 address in their last bytes.
constexpr Ipv6Network kHoldsIpv4[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96},  // mapped
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0}, 96},  // translated
    {{0x00, 0x64, 0xff, 0x9b}, 96},                    // NAT64
};

bool IsPublic4(uint32_t address) {
  for (const Ipv4Network& network : kNotPublic4) {
    const int rest = 32 - network.bits;
    if (address >> rest == network.begin >> rest) return false;
  }
  return true;
}

bool IsIn(const Ipv6& address, const Ipv6Network& network) {
  for (int bit = 0; bit < network.bits; bit += 8) {
    const size_t byte = static_cast<size_t>(bit) / 8;
    const int rest = std::max(0, bit + 8 - network.bits);
    if (address[byte] >> rest != network.begin[byte] >> rest) return false;
  }
  return true;
}

bool IsPublic6(const Ipv6& address) {
  for (const Ipv6Network& network : kHoldsIpv4) {
    if (!IsIn(address, network)) continue;
    uint32_t held = 0;
    for (size_t i = kIpv6Bytes - 4; i < kIpv6Bytes; ++i)
      held = (held << 8U) | address[i];
    return IsPublic4(held);
  }
  for (const Ipv6Network& network : kNotPublic6) {
    if (IsIn(address, network)) return false;
  }
  // Nothing beside 2000::/3 is given out to be reached.
  return (address[0] & 0xe0U) == 0x20U;
}

}  // namespace

bool IsPublicAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, &address, sizeof(ipv4));
    return IsPublic4(ntohl(ipv4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, &address, sizeof(ipv6));
    Ipv6 bytes{};
    std::memcpy(bytes.data(), &ipv6.sin6_addr, bytes.size());
    return IsPublic6(bytes);
  }
  return false;
}

bool MayBePublicHost(absl::string_view host) {
  absl::ConsumeSuffix(&host, ".");
  const std::string name = absl::AsciiStrToLower(host);
  if (name == "localhost" || absl::EndsWith(name, ".localhost")) return false;
  addrinfo hints{};
  // Also "127.1", "0x7f000001" and "2130706433", as resolvers read them.
  hints.ai_flags = AI_NUMERICHOST;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return true;
  const bool is_public = IsPublicAddress(*found->ai_addr);
  freeaddrinfo(found);
  return is_public;
}

std::string HostOf(absl::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == absl::string_view::npos) return "";
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (!url.empty() && url.front() == '[') {
    return std::string(url.substr(1, url.find(']') - 1));
  }
  return std::string(url.substr(0, url.find(':')));
}

}  // namespace pistis::server
