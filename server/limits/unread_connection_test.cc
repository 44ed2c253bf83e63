// Connections whose client takes nothing of what it asked for.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "engine/base/clock.h"
#include "server/drain.h"
#include "server/http/test_puppet.h"
#include "server/limits/grpc_port.h"
#include "server/limits/open_connections.h"
#include "server/limits/user_timeout.h"
#include <arpa/inet.h>
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr absl::Duration kLimit = absl::Seconds(2);

// Asks for a stream by HTTP/2, and has windows for all of it.
class Unreading {
 public:
  explicit Unreading(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int buffer = 4096;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0);
    constexpr absl::string_view kHello(
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        "\0\0\6\4\0\0\0\0\0\0\4\x7f\xff\xff\xff"
        "\0\0\4\x8\0\0\0\0\0\x7f\xff\0\0",
        24 + 15 + 13);
    Send(std::string(kHello));
    std::string headers;
    Add(":method", "POST", headers);
    Add(":scheme", "http", headers);
    Add(":path", "/pistis.v1.EventService/StreamEvents", headers);
    Add(":authority", "localhost", headers);
    Add("content-type", "application/grpc", headers);
    Add("te", "trailers", headers);
    // HEADERS that end, and DATA of an empty message that ends the stream.
    Send(absl::StrCat(absl::string_view("\0\0", 2),
                      std::string(1, static_cast<char>(headers.size())),
                      absl::string_view("\1\4\0\0\0\1", 6), headers,
                      absl::string_view("\0\0\5\0\1\0\0\0\1\0\0\0\0\0", 14)));
  }
  Unreading(const Unreading&) = delete;
  Unreading& operator=(const Unreading&) = delete;
  ~Unreading() { close(socket_); }

 private:
  static void Add(absl::string_view name, absl::string_view value,
                  std::string& headers) {
    // One that no table remembers.
    headers.push_back(0);
    for (const absl::string_view text : {name, value}) {
      headers.push_back(static_cast<char>(text.size()));
      absl::StrAppend(&headers, text);
    }
  }
  void Send(const std::string& bytes) const {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

  const int socket_;
};

class UnreadConnectionTest : public testing::Test {
 protected:
  UnreadConnectionTest() {
    grpc::ServerBuilder builder;
    port_->AddTo(builder, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(&puppet_);
    server_ = builder.BuildAndStart();
    port_->Start();
  }

  void Drain() {
    port_->Stop();
    DrainCalls(
        *server_, kLimit, [] {}, [this] { open_.ShutAll(); });
  }
  // Waits until the stream has written what it can.
  void AwaitStandstill() {
    int before = 0;
    ASSERT_TRUE(Becomes([this] { return puppet_.events > 0; }));
    while (before != puppet_.events) {
      before = puppet_.events;
      absl::SleepFor(absl::Milliseconds(500));
    }
  }

  OpenConnections open_;
  Puppet puppet_;
  std::unique_ptr<GrpcPort> port_ = *GrpcPort::Open("127.0.0.1:0", {}, open_);
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(UnreadConnectionTest, ItHoldsUpTheStopNoLongerThanTheLimit) {
  const Unreading client(port_->port());
  AwaitStandstill();
  const BootClock steady;
  const absl::Duration begin = steady.Elapsed();
  Drain();
  EXPECT_GE(steady.Elapsed() - begin, kLimit);
  EXPECT_LT(steady.Elapsed() - begin, kLimit + absl::Seconds(10));
  EXPECT_EQ(puppet_.open, 0);
}

TEST_F(UnreadConnectionTest, TheKernelEndsItInTime) {
  const Unreading client(port_->port());
  AwaitStandstill();
  const auto open = open_.AtMost(1);
  ASSERT_EQ(open.size(), 1U);
  unsigned timeout_ms = 0;
  socklen_t size = sizeof(timeout_ms);
  ASSERT_EQ(
      getsockopt(open[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size),
      0);
  EXPECT_EQ(timeout_ms, static_cast<unsigned>(kUserTimeoutMs));
  // It does, as soon as the client takes nothing for so long.
  const unsigned soon = 2000;
  setsockopt(open[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &soon, sizeof(soon));
  EXPECT_TRUE(Becomes([this] { return puppet_.open == 0; }));
  Drain();
}

}  // namespace
}  // namespace pistis::server
