// What attackers and broken clients send to the HTTP port.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "server/http/connect_codec.h"
#include "server/http/test_puppet.h"
#include "server/limits/user_timeout.h"
#include <unistd.h>

namespace pistis::server {
namespace {

using std::chrono::milliseconds;

constexpr char kGet[] = "LedgerService/GetAccount";
constexpr char kAttacker[] = "127.0.0.2";
using Connections = std::vector<std::unique_ptr<TestConnection>>;

Connections Open(const TestPort& port, int count, const std::string& bytes) {
  Connections opened;
  for (int i = 0; i < count; ++i) {
    opened.push_back(std::make_unique<TestConnection>(port));
    opened.back()->Send(bytes);
  }
  return opened;
}

// The user timeouts of this process's ends of connections to the port.
std::vector<unsigned> UserTimeoutsAt(int port) {
  std::vector<unsigned> found;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    sockaddr_in own = {};
    sockaddr_in peer = {};
    socklen_t size = sizeof(own);
    if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &size) !=
            0 ||
        ntohs(own.sin_port) != port) {
      continue;
    }
    size = sizeof(peer);
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) != 0)
      continue;
    unsigned& timeout_ms = found.emplace_back();
    size = sizeof(timeout_ms);
    getsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, &size);
  }
  return found;
}

TEST(AbuseTest, TheKernelEndsAConnectionThatTakesNothing) {
  const PuppetPort port;
  TestConnection client(port.from());
  client.Send(PostOf(kGet, "{}"));
  EXPECT_EQ(client.Receive().status, 200);
  EXPECT_EQ(UserTimeoutsAt(port.gateway->port()),
            std::vector<unsigned>{kUserTimeoutMs});
}

TEST(AbuseTest, HalfOpenConnectionsEndAndHoldUpNobody) {
  const PuppetPort port({.header_time = milliseconds(500)});
  const Connections half =
      Open(port.from(kAttacker), 120, "POST /pistis.v1.LedgerService/GetAcc");
  const Connections silent = Open(port.from("127.0.0.3"), 120, "");
  EXPECT_EQ(port.Send(PostOf(kGet, "{}")).status, 200);
  for (const Connections* all : {&half, &silent}) {
    for (const auto& each : *all)
      EXPECT_TRUE(each->Closes());
  }
}

TEST(AbuseTest, AHeaderThatDripsEndsAllTheSame) {
  const PuppetPort port({.header_time = milliseconds(500)});
  TestConnection drips(port.from());
  drips.Send("POST /pistis.v1.LedgerService/GetAccount HTTP/1.1\r\nX: ");
  EXPECT_TRUE(Becomes([&drips] { return !drips.Send("x"); }));
}

TEST(AbuseTest, ABodyThatDripsEndsAllTheSame) {
  const PuppetPort port(
      {.transfer_time = milliseconds(500), .bytes_per_second = 1 << 20});
  TestConnection drips(port.from());
  drips.Send(PostOf(kGet, "{}").substr(0, 10));
  drips.Send(PostOf(kGet, std::string(100'000, ' ')).substr(10, 200));
  EXPECT_TRUE(Becomes([&drips] { return !drips.Send(" "); }));
}

TEST(AbuseTest, AnIdleConnectionEndsAndOneThatWorksGoesOn) {
  const PuppetPort port({.idle_time = milliseconds(700)});
  TestConnection idle(port.from());
  idle.Send(PostOf(kGet, "{}"));
  EXPECT_EQ(idle.Receive().status, 200);
  TestConnection works(port.from());
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(works.Send(PostOf(kGet, "{}")));
    EXPECT_EQ(works.Receive().status, 200);
  }
  EXPECT_TRUE(idle.Closes());
}

TEST(AbuseTest, AnAddressHasItsShareOfConnectionsAndGetsItBack) {
  const PuppetPort port({.connections = 12, .connections_per_address = 8});
  {
    const Connections many = Open(port.from(kAttacker), 8, "");
    TestConnection more(port.from(kAttacker));
    EXPECT_TRUE(more.Closes());
    EXPECT_EQ(port.Send(PostOf(kGet, "{}")).status, 200);
    const Connections others = Open(port.from("127.0.0.3"), 4, "");
    TestConnection beyond_all(port.from());
    EXPECT_TRUE(beyond_all.Closes());
  }
  EXPECT_TRUE(Becomes([&port] {
    return Exchange(port.from(kAttacker), PostOf(kGet, "{}")).status == 200;
  }));
}

// A call whose end its headers tell, and another after it.
std::string Framed(const std::string& version, const std::string& headers) {
  return absl::StrCat("POST /pistis.v1.", kGet, " HTTP/", version,
                      "\r\nContent-Type: application/json\r\n"
                      "Connection: keep-alive\r\n",
                      headers, "\r\n2\r\n{}\r\n0\r\n\r\n", GetOf("/healthz"));
}

TEST(AbuseTest, WhatIsNoHttpIsRefusedAndTheConnectionEnds) {
  const PuppetPort port;
  const std::string smuggled =
      "POST /pistis.v1.LedgerService/GetAccount HTTP/1.1\r\n"
      "Content-Type: application/json\r\nContent-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
  for (const std::string& bad :
       {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS\r\n\r\n"),
        std::string("GARBAGE\r\n\r\n"), std::string("GET / HTTP/9.9\r\n\r\n"),
        std::string("GET /healthz HTTP/1.1\r\n: none\r\n\r\n"),
        std::string("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"),
        Framed("1.1", "Transfer-Encoding: xchunked\r\n"),
        Framed("1.1", "Transfer-Encoding: identity\r\nContent-Length: 2\r\n"),
        Framed("1.1", "Transfer-Encoding: gzip, chunked\r\n"),
        Framed("1.1",
               "Transfer-Encoding: chunked\r\n"
               "Transfer-Encoding: chunked\r\n"),
        Framed("1.0", "Transfer-Encoding: chunked\r\n"), smuggled}) {
    TestConnection client(port.from());
    client.Send(bad);
    EXPECT_EQ(client.Receive().status, 400) << bad;
    EXPECT_TRUE(client.Closes());
  }
}

TEST(AbuseTest, CallsInOnePieceAreAnsweredInOrderUpToTheGarbage) {
  const PuppetPort port;
  TestConnection client(port.from());
  client.Send(absl::StrCat(PostOf(kGet, "{}"), GetOf("/healthz"),
                           "\r\n\r\ngarbage\x01\x02\r\n\r\n"));
  EXPECT_EQ(client.Receive().body, "{}");
  EXPECT_EQ(client.Receive().body, "ok\n");
  EXPECT_EQ(client.Receive().status, 400);
  EXPECT_TRUE(client.Closes());
}

TEST(AbuseTest, AHeaderHasItsLargestSize) {
  const PuppetPort port;
  EXPECT_EQ(
      port.Send(GetOf("/healthz", "X: " + std::string(15'000, 'x') + "\r\n"))
          .status,
      200);
  EXPECT_EQ(
      port.Send(GetOf("/healthz", "X: " + std::string(17'000, 'x') + "\r\n"))
          .status,
      431);
  EXPECT_EQ(port.Send("GET /" + std::string(200'000, 'x')).status, 431);
}

TEST(AbuseTest, BodiesOfAllConnectionsShareTheirMemory) {
  const PuppetPort port({.held_bytes = 100'000});
  const TestReply refused =
      port.Send(PostOf(kGet, "{" + std::string(200'000, ' ') + "}"));
  EXPECT_TRUE(absl::StrContains(refused.body, "too many bodies"))
      << refused.body;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(Becomes([&port] {
      return port.Send(PostOf(kGet, "{" + std::string(90'000, ' ') + "}"))
                 .status == 200;
    }));
  }
}

TEST(AbuseTest, AnAddressHasItsShareOfMemoryAndOthersHaveTheirs) {
  const PuppetPort port({.held_bytes_per_address = 100'000});
  const std::string body = PostOf(kGet, "{" + std::string(80'000, ' ') + "}");
  // Again where the second came before the first was held.
  EXPECT_TRUE(Becomes([&port, &body] {
    TestConnection holds(port.from(kAttacker));
    holds.Send(body.substr(0, body.size() - 1));
    const TestReply more = Exchange(port.from(kAttacker), body);
    EXPECT_EQ(port.Send(body).status, 200);
    holds.Send("}");
    return absl::StrContains(more.body, "too many bodies") &&
           holds.Receive().status == 200;
  }));
  EXPECT_TRUE(Becomes([&port, &body] {
    return Exchange(port.from(kAttacker), body).status == 200;
  }));
}

TEST(AbuseTest, OneBodyAloneMayBeLargerThanAShare) {
  const PuppetPort port({.held_bytes_per_address = 100'000});
  EXPECT_EQ(
      port.Send(PostOf(kGet, "{" + std::string(300'000, ' ') + "}")).status,
      200);
}

TEST(AbuseTest, NobodysBodyIsNeitherWaitedForNorLookedAt) {
  const PuppetPort port;
  const std::string nobody = "Authorization: Bearer nobody\r\n";
  for (const std::string& request :
       {PostOf(kGet, "{\"x\":1}", nobody),
        PostOf(kGet, std::string(500'000, ' '), nobody).substr(0, 300)}) {
    TestConnection client(port.from());
    client.Send(request);
    const TestReply refused = client.Receive();
    EXPECT_EQ(refused.status, 401) << refused.body;
    EXPECT_TRUE(absl::StrContains(refused.body, "google.rpc.ErrorInfo"));
    EXPECT_TRUE(client.Closes());
  }
  TestConnection stream(port.from());
  stream.Send(TypedPost("EventService/StreamEvents", "application/connect+json",
                        std::string(500, ' '), nobody)
                  .substr(0, 300));
  const TestReply refused = stream.Receive();
  EXPECT_EQ(refused.status, 200);
  EXPECT_TRUE(absl::StrContains(refused.body, "unauthenticated"));
  EXPECT_TRUE(stream.Closes());
  EXPECT_EQ(port.puppet.metadata().size(), 0U);
}

TEST(AbuseTest, AClientThatAsksBeforeItSendsIsToldToGoOn) {
  const PuppetPort port;
  TestConnection client(port.from());
  const std::string request = PostOf(kGet, "{}", "Expect: 100-continue\r\n");
  client.Send(request.substr(0, request.size() - 2));
  EXPECT_EQ(client.ReceiveHead().status, 100);
  client.Send("{}");
  EXPECT_EQ(client.Receive().status, 200);
  TestConnection large(port.from());
  large.Send(
      "POST /pistis.v1.LedgerService/GetAccount HTTP/1.1\r\n"
      "Content-Type: application/json\r\nContent-Length: 99999999\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(large.Receive().status, 413);
}

TEST(AbuseTest, AnOldClientMayCallButNotStream) {
  const PuppetPort port;
  TestConnection old(port.from());
  old.Send("GET /healthz HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.Receive().status, 200);
  EXPECT_TRUE(old.Closes());
  EXPECT_EQ(port.Send("POST /pistis.v1.EventService/StreamEvents HTTP/1.0\r\n"
                      "Content-Type: application/connect+json\r\n"
                      "Content-Length: 0\r\n\r\n")
                .status,
            505);
}

TEST(AbuseTest, ConnectionsWaitWhileThereAreNoDescriptors) {
  const PuppetPort port;
  rlimit former{};
  getrlimit(RLIMIT_NOFILE, &former);
  rlimit few = former;
  few.rlim_cur = 200;
  setrlimit(RLIMIT_NOFILE, &few);
  std::vector<int> taken;
  for (int next = dup(0); next >= 0; next = dup(0))
    taken.push_back(next);
  ASSERT_FALSE(taken.empty());
  close(taken.back());
  taken.pop_back();
  TestConnection waits(port.from());
  waits.Send(PostOf(kGet, "{}"));
  absl::SleepFor(absl::Milliseconds(300));
  for (const int each : taken)
    close(each);
  EXPECT_EQ(waits.Receive().status, 200);
  setrlimit(RLIMIT_NOFILE, &former);
}

}  // namespace
}  // namespace pistis::server
