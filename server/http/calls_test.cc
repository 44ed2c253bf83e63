// Calls by HTTP: who makes them, how long they take, how they end.
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "server/auth/http_identity.h"
#include "server/http/connect_codec.h"
#include "server/http/test_puppet.h"
#include "server/test_wall_clock.h"

namespace pistis::server {
namespace {

constexpr char kGet[] = "LedgerService/GetAccount";
constexpr char kHang[] = "LedgerService/ListEntries";

std::string StreamOf(const std::string& headers = "") {
  return TypedPost("EventService/StreamEvents", "application/connect+json",
                   Envelope("{}"), headers);
}

TEST(CallsTest, ACallerIsWhoTheConnectionSaysNotWhatItsHeadersSay) {
  const PuppetPort port;
  const TestReply reply = port.Send(
      PostOf(kGet, "{}",
             "Authorization: Bearer pistis_key\r\n"
             "Pistis-Http-Peer: 9.9.9.9\r\nPistis-Http-Cert-Bin: AAAA\r\n"
             "X-Other: 1\r\nX-Forwarded-For: 9.9.9.9\r\n"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  const auto metadata = port.puppet.metadata();
  ASSERT_EQ(metadata.count(kHttpPeer), 1U);
  EXPECT_EQ(metadata.find(kHttpPeer)->second, "127.0.0.1");
  EXPECT_EQ(metadata.count(kHttpCertificate), 0U);
  ASSERT_EQ(metadata.count(kAuthorization), 1U);
  EXPECT_EQ(metadata.find(kAuthorization)->second, "Bearer pistis_key");
  EXPECT_EQ(metadata.count("x-other"), 0U);
  EXPECT_EQ(metadata.count("x-forwarded-for"), 0U);
}

TEST(CallsTest, AnAuthorizationThatGrpcWouldNotTakeIsNone) {
  const PuppetPort port;
  const TestReply reply =
      port.Send(PostOf(kGet, "{}", "Authorization: Bearer \xff\xfe\r\n"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(port.puppet.metadata().count(kAuthorization), 0U);
}

TEST(CallsTest, ACallEndsWhenItsTimeIsOver) {
  const PuppetPort port;
  const TestReply reply =
      port.Send(PostOf(kHang, "{}", "Connect-Timeout-Ms: 50\r\n"));
  EXPECT_EQ(reply.status, 504) << reply.body;
  EXPECT_TRUE(absl::StrContains(reply.body, "deadline_exceeded"));
  EXPECT_TRUE(Becomes([&port] { return port.puppet.open == 0; }));
}

TEST(CallsTest, ACallEndsWhenItsClientGoes) {
  const PuppetPort port({.half_closed_time = std::chrono::milliseconds(300)});
  {
    TestConnection client(port.from());
    client.Send(PostOf(kHang, "{}"));
    ASSERT_TRUE(Becomes([&port] { return port.puppet.open == 1; }));
  }
  EXPECT_TRUE(Becomes([&port] { return port.puppet.open == 0; }));
}

TEST(CallsTest, AClientThatSendsNoMoreAfterItsRequestsIsAnswered) {
  const PuppetPort port;
  TestConnection client(port.from());
  // One that takes longer than a look at who is still there.
  client.Send(PostOf(kHang, "{}", "Connect-Timeout-Ms: 1500\r\n"));
  client.Send(PostOf(kGet, absl::StrCat("{", std::string(100'000, ' '), "}")));
  client.Send(GetOf("/healthz"));
  client.SendNoMore();
  EXPECT_EQ(client.Receive().status, 504);
  EXPECT_EQ(client.Receive().body, "{}");
  EXPECT_EQ(client.Receive().body, "ok\n");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.Closes());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(CallsTest, AClientThatSendsNoMoreIsAnsweredForAWhileAlone) {
  const PuppetPort port({.half_closed_time = std::chrono::milliseconds(300)});
  TestConnection client(port.from());
  client.Send(PostOf(kHang, "{}"));
  client.SendNoMore();
  EXPECT_EQ(client.Receive().status, 0);
  EXPECT_TRUE(Becomes([&port] { return port.puppet.open == 0; }));
}

TEST(CallsTest, AClientThatSendsNoMoreAndHasNoWholeRequestIsGone) {
  const PuppetPort port;
  for (const std::string& begun :
       {std::string(), GetOf("/healthz").substr(0, 20),
        PostOf(kGet, std::string(500, ' ')).substr(0, 200),
        StreamOf() + "GET"}) {
    TestConnection client(port.from());
    client.Send(begun);
    client.SendNoMore();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(client.Closes());
    EXPECT_LT(std::chrono::steady_clock::now() - begin,
              std::chrono::seconds(5));
  }
  EXPECT_TRUE(Becomes([&port] { return port.puppet.open == 0; }));
}

TEST(CallsTest, AStreamSendsEnvelopesAndEndsWhenItsClientGoes) {
  const PuppetPort port;
  {
    TestConnection client(port.from());
    client.Send(StreamOf());
    const TestReply head = client.ReceiveHead();
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.at("content-type"), "application/connect+json");
    const std::string first = client.ReceiveChunk();
    ASSERT_TRUE(OpenEnvelope(first).ok());
    EXPECT_TRUE(absl::StartsWith(*OpenEnvelope(first), "{\"event_id\":\"eee"));
  }
  EXPECT_TRUE(Becomes([&port] { return port.puppet.open == 0; }));
}

TEST(CallsTest, ASlowReaderHoldsItsOwnStreamAlone) {
  const PuppetPort port;
  TestConnection slow(port.from());
  slow.Send(StreamOf());
  EXPECT_EQ(slow.ReceiveHead().status, 200);
  int before = -1;
  EXPECT_TRUE(Becomes([&port, &before] {
    absl::SleepFor(absl::Milliseconds(300));
    return std::exchange(before, port.puppet.events.load()) ==
           port.puppet.events;
  }));
  // What the sockets' buffers take, of 64 KiB each.
  EXPECT_LT(port.puppet.events, 1000);
  EXPECT_EQ(port.Send(PostOf(kGet, "{}")).status, 200);
  const int held = port.puppet.events;
  for (int i = 0; i < held + 10; ++i)
    ASSERT_FALSE(slow.ReceiveChunk().empty());
}

TEST(CallsTest, AStreamThatTakesNoRequestSaysSoInItsEnd) {
  const PuppetPort port;
  for (const std::string& body : {std::string("{}"), Envelope("garbage")}) {
    const TestReply reply = port.Send(TypedPost(
        "EventService/StreamEvents", "application/connect+json", body));
    EXPECT_EQ(reply.status, 200);
    ASSERT_FALSE(reply.body.empty());
    EXPECT_EQ(reply.body[0], 2);
    EXPECT_TRUE(absl::StrContains(reply.body, "invalid_argument"));
    EXPECT_TRUE(absl::StrContains(reply.body, "google.rpc.ErrorInfo"));
  }
  EXPECT_EQ(port.puppet.open, 0);
}

TEST(CallsTest, AServerThatStopsWaitsByTheSteadyClock) {
  PuppetPort port({.drain_time = std::chrono::milliseconds(300)});
  TestConnection call(port.from());
  call.Send(PostOf(kHang, "{}"));
  ASSERT_TRUE(Becomes([&port] { return port.puppet.open == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  {
    const WallClockAhead ahead(std::chrono::seconds(15));
    port.gateway.reset();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(CallsTest, AServerThatStopsEndsStreamsByNameAndCallsAfterAWhile) {
  PuppetPort port({.drain_time = std::chrono::milliseconds(300)});
  TestConnection idle(port.from());
  TestConnection stream(port.from());
  TestConnection call(port.from());
  stream.Send(StreamOf());
  EXPECT_EQ(stream.ReceiveHead().status, 200);
  call.Send(PostOf(kHang, "{}"));
  ASSERT_TRUE(Becomes([&port] { return port.puppet.open == 2; }));
  std::thread stop([&port] { port.gateway.reset(); });
  std::string last;
  for (std::string chunk = stream.ReceiveChunk(); !chunk.empty();
       chunk = stream.ReceiveChunk()) {
    last = chunk;
  }
  stop.join();
  ASSERT_FALSE(last.empty());
  EXPECT_EQ(last[0], 2);
  EXPECT_TRUE(absl::StrContains(last, "unavailable")) << last.substr(0, 200);
  EXPECT_TRUE(call.Closes());
  EXPECT_TRUE(idle.Closes());
  EXPECT_TRUE(Becomes([&port] { return port.puppet.open == 0; }));
}

}  // namespace
}  // namespace pistis::server
