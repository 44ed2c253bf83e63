#include "server/drain.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/impl/codegen/client_unary_call.h"
#include "gtest/gtest.h"

#include "engine/base/clock.h"
#include <unistd.h>

namespace pistis::server {
namespace {

// Answers each call when it is told to.
class HeldService final : public grpc::CallbackGenericService {
 public:
  ~HeldService() override {
    if (answering_.joinable()) answering_.join();
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* /*context*/) override {
    auto* const call = new Call;
    answering_ = std::thread([this, call] {
      answer.WaitForNotification();
      call->StartWriteAndFinish(&call->reply, {}, grpc::Status::OK);
    });
    arrived.Notify();
    return call;
  }

  absl::Notification arrived;
  absl::Notification answer;

 private:
  struct Call final : grpc::ServerGenericBidiReactor {
    void OnDone() override { delete this; }
    const grpc::Slice bytes{"done"};
    const grpc::ByteBuffer reply{&bytes, 1};
  };
  std::thread answering_;
};

// A server that listens, and a client of it.
struct Served {
  HeldService service;
  int port = 0;
  std::unique_ptr<grpc::Server> server = [this] {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.RegisterCallbackGenericService(&service);
    return builder.BuildAndStart();
  }();
  std::shared_ptr<grpc::Channel> channel = grpc::CreateChannel(
      "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
};

// Calls, and waits for the answer.
grpc::Status Call(const Served& served) {
  grpc::ClientContext context;
  grpc::ByteBuffer reply;
  const grpc::Slice bytes("do");
  return grpc::internal::BlockingUnaryCall(
      served.channel.get(),
      grpc::internal::RpcMethod("/a.B/C",
                                grpc::internal::RpcMethod::NORMAL_RPC),
      &context, grpc::ByteBuffer(&bytes, 1), &reply);
}

constexpr absl::Duration kLongerThanTheTest = absl::Hours(1);

// Says that it speaks HTTP/2, and then nothing: not even to a farewell.
int ConnectSilently(int port) {
  constexpr absl::string_view kHello(
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(
      connect(client, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  EXPECT_EQ(send(client, kHello.data(), kHello.size(), 0), 33);
  char heard = 0;
  EXPECT_EQ(recv(client, &heard, 1, 0), 1);
  return client;
}

void NoHttp() {}

void NothingIsStuck() {
  ADD_FAILURE() << "connections were shut without need";
}

TEST(DrainTest, ConnectedClientsWithoutCallsAreNotWaitedFor) {
  const Served served;
  const int client = ConnectSilently(served.port);
  DrainCalls(*served.server, kLongerThanTheTest, NoHttp, NothingIsStuck);
  close(client);
}

TEST(DrainTest, CallsUnderWayAreAnswered) {
  Served served;
  grpc::Status answered(grpc::StatusCode::UNKNOWN, "not answered");
  std::thread caller([&] { answered = Call(served); });
  served.service.arrived.WaitForNotification();
  std::atomic<bool> drained{false};
  std::thread drain([&] {
    DrainCalls(*served.server, kLongerThanTheTest, NoHttp, NothingIsStuck);
    drained = true;
  });
  absl::SleepFor(absl::Milliseconds(500));
  EXPECT_FALSE(drained);
  served.service.answer.Notify();
  drain.join();
  caller.join();
  EXPECT_TRUE(answered.ok()) << answered.error_message();
}

TEST(DrainTest, CallsByHttpAndByGrpcHaveOneLimitTogether) {
  constexpr absl::Duration kByHttp = absl::Seconds(2);
  constexpr absl::Duration kTogether = absl::Seconds(5);
  Served served;
  const BootClock steady;
  const absl::Duration begin = steady.Elapsed();
  absl::Duration ended;
  std::thread caller([&] {
    EXPECT_FALSE(Call(served).ok());
    ended = steady.Elapsed() - begin;
    served.service.answer.Notify();
  });
  served.service.arrived.WaitForNotification();
  DrainCalls(
      *served.server, kTogether, [&] { absl::SleepFor(kByHttp); }, [] {});
  caller.join();
  EXPECT_GT(ended, kTogether - absl::Seconds(1));
  EXPECT_LT(ended, kTogether + kByHttp - absl::Milliseconds(500));
}

TEST(DrainTest, CallsByGrpcHaveAMomentHoweverLongThoseByHttpTook) {
  Served served;
  std::atomic<bool> cut{false};
  std::thread caller([&] {
    cut = !Call(served).ok();
    if (cut) served.service.answer.Notify();
  });
  served.service.arrived.WaitForNotification();
  std::thread answer([&] {
    absl::SleepFor(absl::Milliseconds(2500));
    if (!cut) served.service.answer.Notify();
  });
  DrainCalls(
      *served.server, kLeastDrain, [] { absl::SleepFor(kLeastDrain); }, [] {});
  caller.join();
  answer.join();
  EXPECT_FALSE(cut);
}

TEST(DrainTest, CallsAreTakenWhileThoseByHttpEnd) {
  Served served;
  grpc::Status answered;
  DrainCalls(
      *served.server, kLongerThanTheTest,
      [&] {
        std::thread caller([&] { answered = Call(served); });
        served.service.arrived.WaitForNotification();
        served.service.answer.Notify();
        caller.join();
      },
      NothingIsStuck);
  EXPECT_TRUE(answered.ok()) << answered.error_message();
}

}  // namespace
}  // namespace pistis::server
