#include "server/limits/grpc_port.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include <arpa/inet.h>
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr absl::Duration kAtMost = absl::Seconds(20);

// A connection that says nothing.
class Silent {
 public:
  explicit Silent(int port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval most = {.tv_sec = absl::ToInt64Seconds(kAtMost),
                          .tv_usec = 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof(most));
    const int connected =
        connect(descriptor_, reinterpret_cast<const sockaddr*>(&address),
                sizeof(address));
    EXPECT_EQ(connected, 0);
  }
  Silent(Silent&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Silent& operator=(Silent&&) = delete;
  ~Silent() {
    if (descriptor_ >= 0) close(descriptor_);
  }

  // True once the server has said something, as gRPC does at once; false once
  // it has hung up.
  [[nodiscard]] bool IsServed() const {
    char byte = 0;
    return recv(descriptor_, &byte, 1, MSG_PEEK) == 1;
  }

 private:
  int descriptor_;
};

class GrpcPortTest : public testing::Test {
 protected:
  void Serve(const PortLimits& limits,
             const std::string& address = "127.0.0.1:0") {
    auto port = GrpcPort::Open(address, limits, open_);
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *std::move(port);
    grpc::ServerBuilder builder;
    port_->AddTo(builder, grpc::InsecureServerCredentials());
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    port_->Start();
  }

  // True where a client gets through to gRPC.
  [[nodiscard]] bool Connects(const std::string& host = "127.0.0.1") const {
    grpc::ChannelArguments own;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto channel =
        grpc::CreateCustomChannel(absl::StrCat(host, ":", port_->port()),
                                  grpc::InsecureChannelCredentials(), own);
    return channel->WaitForConnected(std::chrono::system_clock::now() +
                                     std::chrono::seconds(2));
  }

  [[nodiscard]] bool ConnectsInTime() const {
    const absl::Time end = absl::Now() + kAtMost;
    while (absl::Now() < end) {
      if (Connects()) return true;
    }
    return false;
  }

  OpenConnections open_;
  grpc::CallbackGenericService service_;
  std::unique_ptr<GrpcPort> port_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcPortTest, OneMoreThanAnAddressMayHaveIsClosedAtOnce) {
  Serve({.connections = 8, .connections_per_address = 2});
  const Silent first(port_->port());
  const Silent second(port_->port());
  EXPECT_TRUE(first.IsServed());
  EXPECT_TRUE(second.IsServed());
  const Silent third(port_->port());
  EXPECT_FALSE(third.IsServed());
}

TEST_F(GrpcPortTest, OneMoreThanThereMayBeIsClosedAtOnce) {
  Serve({.connections = 2, .connections_per_address = 8});
  const Silent first(port_->port());
  const Silent second(port_->port());
  EXPECT_TRUE(second.IsServed());
  const Silent third(port_->port());
  EXPECT_FALSE(third.IsServed());
}

TEST_F(GrpcPortTest, WhoHungUpMakesRoom) {
  Serve({.connections = 4, .connections_per_address = 4});
  std::vector<Silent> crowd;
  for (int i = 0; i < 4; ++i)
    crowd.emplace_back(port_->port());
  EXPECT_FALSE(Connects());
  crowd.clear();
  EXPECT_TRUE(ConnectsInTime());
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kIsSanitized = true;
#elif defined(__has_feature)  // Clang's way to say so
constexpr bool kIsSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kIsSanitized = false;
#endif

TEST_F(GrpcPortTest, WithoutDescriptorsItRestsAndRecovers) {
  if (kIsSanitized) {
    GTEST_SKIP() << "the sanitizers need descriptors of their own";
  }
  Serve({});
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  Silent waiting(port_->port());
  ASSERT_TRUE(waiting.IsServed());
  const Silent hasty(port_->port());
  rlimit none = before;
  none.rlim_cur = 3;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  absl::SleepFor(absl::Milliseconds(300));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(hasty.IsServed());
  EXPECT_TRUE(ConnectsInTime());
}

TEST_F(GrpcPortTest, AfterStopNobodyIsTaken) {
  Serve({});
  EXPECT_TRUE(Connects());
  port_->Stop();
  EXPECT_FALSE(Connects());
}

TEST_F(GrpcPortTest, TwoCannotListenOnOneAddress) {
  Serve({});
  const auto second =
      GrpcPort::Open(absl::StrCat("127.0.0.1:", port_->port()), {}, open_);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
}

TEST_F(GrpcPortTest, ANameIsListenedOnAtItsAddresses) {
  Serve({}, "localhost:0");
  EXPECT_TRUE(Connects());
}

}  // namespace
}  // namespace pistis::server
