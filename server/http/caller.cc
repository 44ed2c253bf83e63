#include "server/http/caller.h"

#include <memory>

#include "openssl/x509.h"
#include "server/limits/peer_network.h"
#include <poll.h>

namespace pistis::server {
namespace {

namespace ip = boost::asio::ip;

}  // namespace

std::string CallerOf(const ip::tcp::socket& socket) {
  boost::system::error_code error;
  return NetworkOf(socket.remote_endpoint(error).address().to_string());
}

bool HasLeft(ip::tcp::socket& socket,
             std::chrono::steady_clock::time_point patient_until) {
  pollfd look{.fd = socket.native_handle(), .events = POLLRDHUP, .revents = 0};
  if (poll(&look, 1, 0) <= 0) return false;
  if ((look.revents & (POLLHUP | POLLERR)) != 0) return true;
  return (look.revents & POLLRDHUP) != 0 &&
         std::chrono::steady_clock::now() >= patient_until;
}

std::string VerifiedCertificate(SSL* connection) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(connection), &X509_free);
  if (certificate == nullptr ||
      SSL_get_verify_result(connection) != X509_V_OK) {
    return "";
  }
  std::string der(static_cast<size_t>(i2d_X509(certificate.get(), nullptr)),
                  '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate.get(), &out);
  return der;
}

std::vector<std::pair<std::string, std::string>> CallerMetadata(
    const HttpCallHead& head) {
  std::vector<std::pair<std::string, std::string>> metadata = {
      {kHttpPeer, head.address}};
  if (!head.certificate.empty()) {
    metadata.emplace_back(kHttpCertificate, head.certificate);
  }
  if (!head.authorization.empty()) {
    metadata.emplace_back(kAuthorization, head.authorization);
  }
  return metadata;
}

}  // namespace pistis::server
