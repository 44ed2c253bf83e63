#include "server/http/test_http.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include <arpa/inet.h>
#include <poll.h>
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr int kPatienceMs = 20'000;
constexpr int kHexadecimal = 16;

sockaddr_in AddressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  return address;
}

}  // namespace

TestConnection::TestConnection(const TestPort& port)
    : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
  const sockaddr_in from = AddressOf(port.from, 0);
  const sockaddr_in to = AddressOf("127.0.0.1", port.number);
  bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof(from));
  connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
}

TestConnection::~TestConnection() {
  close(socket_);
}

bool TestConnection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

void TestConnection::SendNoMore() {
  shutdown(socket_, SHUT_WR);
}

bool TestConnection::Fill() {
  std::array<char, 65536> block;
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, kPatienceMs) != 1) return false;
  const ssize_t got = recv(socket_, block.data(), block.size(), 0);
  if (got <= 0) return false;
  buffer_.append(block.data(), static_cast<size_t>(got));
  return true;
}

std::string TestConnection::Line() {
  size_t end = buffer_.find("\r\n");
  while (end == std::string::npos) {
    if (!Fill()) return "";
    end = buffer_.find("\r\n");
  }
  const std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string TestConnection::Bytes(size_t count) {
  while (buffer_.size() < count && Fill()) {
  }
  const std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

TestReply TestConnection::ReceiveHead() {
  TestReply reply;
  const std::string status = Line();
  if (status.size() < 12 ||
      !absl::SimpleAtoi(status.substr(9, 3), &reply.status)) {
    return reply;
  }
  for (std::string line = Line(); !line.empty(); line = Line()) {
    const size_t colon = line.find(':');
    reply.headers[absl::AsciiStrToLower(line.substr(0, colon))] =
        std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return reply;
}

std::string TestConnection::ReceiveChunk() {
  const std::string bytes =
      Bytes(std::strtoul(Line().c_str(), nullptr, kHexadecimal));
  Line();
  return bytes;
}

TestReply TestConnection::Receive() {
  TestReply reply = ReceiveHead();
  if (reply.headers.contains("transfer-encoding")) {
    for (std::string chunk = ReceiveChunk(); !chunk.empty();
         chunk = ReceiveChunk()) {
      reply.body += chunk;
    }
    return reply;
  }
  size_t length = 0;
  if (absl::SimpleAtoi(reply.headers["content-length"], &length)) {
    reply.body = Bytes(length);
  }
  return reply;
}

bool TestConnection::Closes() {
  pollfd ready{.fd = socket_, .events = POLLIN, .revents = 0};
  while (poll(&ready, 1, kPatienceMs) == 1) {
    std::array<char, 65536> block;
    if (recv(socket_, block.data(), block.size(), 0) <= 0) return true;
  }
  return false;
}

std::string TypedPost(absl::string_view method, absl::string_view type,
                      absl::string_view body, absl::string_view headers) {
  return absl::StrCat("POST /pistis.v1.", method,
                      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: ", type,
                      "\r\nContent-Length: ", body.size(), "\r\n", headers,
                      "\r\n", body);
}

std::string PostOf(absl::string_view method, absl::string_view body,
                   absl::string_view headers) {
  return TypedPost(method, "application/json", body, headers);
}

std::string GetOf(absl::string_view path, absl::string_view headers) {
  return absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: localhost\r\n", headers,
                      "\r\n");
}

TestReply Exchange(const TestPort& port, absl::string_view request) {
  TestConnection connection(port);
  connection.Send(request);
  return connection.Receive();
}

}  // namespace pistis::server
