// Which addresses a webhook may lead to.
#ifndef PISTIS_SERVER_SINKS_TARGET_ADDRESS_H_
#define PISTIS_SERVER_SINKS_TARGET_ADDRESS_H_

#include <sys/socket.h>

#include <string>

#include "absl/strings/string_view.h"

namespace pistis::server {

// Whether a webhook may lead into the server's own network.
enum class PrivateTargets { kRefused, kAllowed };

// True where the address is one of the public Internet: not this machine, not a
// private, shared, link-local, multicast or reserved network, and no such IPv4
// address inside an IPv6 one (mapped, compatible, translated, 6to4, Teredo).
// False for other families than IPv4 and IPv6.
[[nodiscard]] bool IsPublicAddress(const sockaddr& address);

// The same of an address in text; true of names, which say nothing until they
// are resolved.
[[nodiscard]] bool MayBePublicHost(absl::string_view host);

// The host of a URL, without port and brackets; empty where there is none.
[[nodiscard]] std::string HostOf(absl::string_view url);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_TARGET_ADDRESS_H_
