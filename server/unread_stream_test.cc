// Clients that ask for much, and read nothing of their connection.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "server/auth/first_key.h"
#include "server/event_service.h"
#include "server/member_service.h"
#include "server/test_engine.h"
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr int kPlacesOfACaller = 16;

// Big-endian.
std::string Number(uint32_t number, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    text.push_back(static_cast<char>(number >> static_cast<uint32_t>(shift)));
  return text;
}

// Speaks HTTP/2 as far as it has to, and lets the server send as much as it
// likes: what it does not read stays in a small socket.
class Unreading {
 public:
  explicit Unreading(int port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int buffer = 4096;
    const int segment = 536;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    setsockopt(socket_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                      sizeof address),
              0);
    const uint32_t most = 0x7fffffff;
    const uint32_t first_window = 65535;
    // The windows of each stream, and of all.
    Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    Send(Frame(4, 0, 0, absl::StrCat(Number(4, 2), Number(most, 4))));
    Send(Frame(8, 0, 0, Number(most - first_window, 4)));
  }
  ~Unreading() { close(socket_); }
  Unreading(const Unreading&) = delete;
  Unreading& operator=(const Unreading&) = delete;

  void Ask(const std::string& path, const std::string& key,
           const std::string& request) {
    std::string headers;
    const auto add = [&](absl::string_view name, absl::string_view value) {
      absl::StrAppend(&headers, Number(0, 1), Text(name), Text(value));
    };
    add(":method", "POST");
    add(":scheme", "http");
    add(":path", path);
    add(":authority", "localhost");
    add("content-type", "application/grpc");
    add("te", "trailers");
    add("authorization", absl::StrCat("Bearer ", key));
    Send(Frame(1, 4, stream_, headers));
    Send(Frame(0, 1, stream_,
               absl::StrCat(Number(0, 1),
                            Number(static_cast<uint32_t>(request.size()), 4),
                            request)));
    stream_ += 2;
  }

  // Returns once nothing more comes: what the server sends stays with it.
  void AwaitStandstill() const {
    int before = -1;
    int waiting = 0;
    while (waiting == 0 || waiting != before) {
      before = waiting;
      absl::SleepFor(absl::Milliseconds(500));
      ioctl(socket_, FIONREAD, &waiting);
    }
  }

 private:
  static std::string Text(absl::string_view text) {
    return absl::StrCat(Number(static_cast<uint32_t>(text.size()), 1), text);
  }
  static std::string Frame(uint32_t type, uint32_t flags, uint32_t stream,
                           absl::string_view payload) {
    return absl::StrCat(Number(static_cast<uint32_t>(payload.size()), 3),
                        Number(type, 1), Number(flags, 1), Number(stream, 4),
                        payload);
  }
  void Send(const std::string& bytes) const {
    EXPECT_EQ(send(socket_, bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
  }

  const int socket_;
  uint32_t stream_ = 1;
};

class UnreadStreamTest : public testing::Test {
 protected:
  UnreadStreamTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterService(&admin_);
    builder.RegisterService(&events_);
    builder.RegisterService(&members_);
    server_ = builder.BuildAndStart();
    owner_ = **MakeOwnerKey(engine_.room, NewOwnerKey::kAlways);
    v1::CreateProgramRequest request;
    request.set_request_id("r1");
    request.mutable_program()->set_program_id("shop");
    request.mutable_program()->set_currency("EUR");
    request.mutable_program()->set_time_zone("Europe/Athens");
    grpc::ClientContext context;
    Show(context);
    v1::Program reply;
    EXPECT_TRUE(v1::AdminService::NewStub(channel())
                    ->CreateProgram(&context, request, &reply)
                    .ok());
  }
  ~UnreadStreamTest() override {
    engine_.stopping = true;
    server_->Shutdown();
  }

  std::string MakeAdmin() {
    v1::CreateApiKeyRequest request;
    request.set_request_id("k1");
    request.mutable_api_key()->set_role(v1::ROLE_ADMIN);
    grpc::ClientContext context;
    Show(context);
    v1::CreateApiKeyResponse made;
    EXPECT_TRUE(v1::AdminService::NewStub(channel())
                    ->CreateApiKey(&context, request, &made)
                    .ok());
    return made.secret();
  }

  std::shared_ptr<grpc::Channel> channel() {
    return server_->InProcessChannel({});
  }
  void Show(grpc::ClientContext& context) const {
    context.AddMetadata("authorization", "Bearer " + owner_);
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::minutes(1));
  }
  void Enrol(int members) {
    const auto stub = v1::MemberService::NewStub(channel());
    for (int i = 0; i < members; ++i) {
      v1::CreateMemberRequest request;
      request.set_program_id("shop");
      request.set_request_id(absl::StrCat("m", i));
      request.mutable_member()->set_member_id(absl::StrCat("m", i));
      grpc::ClientContext context;
      Show(context);
      v1::Member reply;
      EXPECT_TRUE(stub->CreateMember(&context, request, &reply).ok());
    }
  }

  // Whether one more stream of the owner finds a place.
  bool FindsAPlace() {
    grpc::ClientContext context;
    Show(context);
    v1::StreamEventsRequest request;
    request.set_program_id("shop");
    const auto stream =
        v1::EventService::NewStub(channel())->StreamEvents(&context, request);
    v1::Event event;
    const bool reads = stream->Read(&event);
    context.TryCancel();
    return reads;
  }
  bool AwaitAPlace() {
    const absl::Time end = absl::Now() + absl::Seconds(10);
    while (!FindsAPlace()) {
      if (absl::Now() > end) return false;
      absl::SleepFor(absl::Milliseconds(50));
    }
    return true;
  }

  [[nodiscard]] double StreamsOpened() const {
    Families families = CallFamilies();
    events_.AddTo(families);
    double streams = 0;
    for (const prometheus::MetricFamily& family : families) {
      if (family.name != "pistis_streams_opened_total") continue;
      for (const prometheus::ClientMetric& metric : family.metric)
        streams += metric.counter.value;
    }
    return streams;
  }
  void AwaitOpened(double streams) const {
    while (StreamsOpened() < streams)
      absl::SleepFor(absl::Milliseconds(10));
  }

  static constexpr char kStreamEvents[] =
      "/pistis.v1.EventService/StreamEvents";

  TestEngine engine_{Identity::kAsked};
  AdminService admin_{engine_.room, engine_.upkeep()};
  const SinkOptions sinks_;
  EventService events_{engine_.room, sinks_, absl::Seconds(3)};
  MemberService members_{engine_.room};
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::string owner_;
};

TEST_F(UnreadStreamTest, AStreamThatEndsGivesItsPlaceBackBeforeItIsRead) {
  Enrol(600);
  Unreading client(port_);
  v1::StreamEventsRequest all;
  all.set_program_id("shop");
  const std::string other = MakeAdmin();
  for (int i = 0; i < kPlacesOfACaller; ++i)
    client.Ask(kStreamEvents, other, all.SerializeAsString());
  client.AwaitStandstill();
  // They have nothing to send but their end.
  v1::StreamEventsRequest none = all;
  none.set_member_id("nobody");
  for (int i = 0; i < kPlacesOfACaller; ++i)
    client.Ask(kStreamEvents, owner_, none.SerializeAsString());
  AwaitOpened(2 * kPlacesOfACaller);
  EXPECT_TRUE(AwaitAPlace());
}

TEST_F(UnreadStreamTest, AStreamThatCannotBeSentGivesItsPlaceBackInTime) {
  Enrol(600);
  Unreading client(port_);
  v1::StreamEventsRequest request;
  request.set_program_id("shop");
  request.set_follow(true);
  for (int i = 0; i < kPlacesOfACaller; ++i)
    client.Ask(kStreamEvents, owner_, request.SerializeAsString());
  AwaitOpened(kPlacesOfACaller);
  EXPECT_FALSE(FindsAPlace());
  EXPECT_TRUE(AwaitAPlace());
}

}  // namespace
}  // namespace pistis::server
