#include "server/http/request_gate.h"

#include <array>
#include <map>
#include <string>
#include <variant>

#include "gtest/gtest.h"

#include "pistis/v1/event_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/base/refusal.h"
#include "server/wire_status.h"

namespace pistis::server {
namespace {

// Linked in, so that the pool of descriptors has their methods.
const std::array kServices = {v1::StreamEventsRequest::descriptor(),
                              v1::GetAccountRequest::descriptor(),
                              v1::ValidateRulebookRequest::descriptor()};

constexpr char kUnary[] = "/pistis.v1.LedgerService/GetAccount";
constexpr char kStream[] = "/pistis.v1.EventService/StreamEvents";

RequestHead Post(const std::string& target, const std::string& type) {
  return {.method = "POST", .target = target, .content_type = type};
}

HttpReply ReplyTo(const RequestHead& head, const HttpOptions& options = {}) {
  const auto passed = PassGate(head, options);
  EXPECT_TRUE(std::holds_alternative<HttpReply>(passed)) << head.target;
  const auto* reply = std::get_if<HttpReply>(&passed);
  return reply == nullptr ? HttpReply{} : *reply;
}

HttpCall CallFrom(const RequestHead& head) {
  const auto passed = PassGate(head, {});
  EXPECT_TRUE(std::holds_alternative<HttpCall>(passed)) << head.target;
  const auto* call = std::get_if<HttpCall>(&passed);
  return call == nullptr ? HttpCall{} : *call;
}

std::map<std::string, std::string> HeadersOf(const HttpReply& reply) {
  return {reply.headers.begin(), reply.headers.end()};
}

TEST(RequestGateTest, ACallIsTakenInEachOfItsFourForms) {
  EXPECT_EQ(
      CallFrom(Post(kUnary, "application/json; charset=utf-8")).type.encoding,
      Encoding::kJson);
  EXPECT_EQ(CallFrom(Post(kUnary, "application/proto")).type.encoding,
            Encoding::kProto);
  EXPECT_EQ(CallFrom(Post(kStream, "application/connect+json")).type.shape,
            Shape::kStream);
  EXPECT_EQ(CallFrom(Post(kStream, "application/connect+proto")).type.encoding,
            Encoding::kProto);
}

TEST(RequestGateTest, WhoCalledTooOftenIsToldWhenToComeAgain) {
  const HttpReply limited = RefusalReply(ToWire(Refuse(
      Reason::kRateLimited, "too many calls", {{"retry_after_s", "7"}})));
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(HeadersOf(limited)["Retry-After"], "7");
  EXPECT_EQ(HeadersOf(RefusalReply(ToWire(RefuseField("a", "is none"))))
                .count("Retry-After"),
            0U);
}

TEST(RequestGateTest, AUnaryCallHasADeadlineAndAStreamHasWhatItAsksFor) {
  EXPECT_EQ(CallFrom(Post(kUnary, "application/json")).timeout,
            absl::Seconds(30));
  RequestHead stream = Post(kStream, "application/connect+json");
  EXPECT_EQ(CallFrom(stream).timeout, absl::InfiniteDuration());
  stream.connect_timeout_ms = "1500";
  EXPECT_EQ(CallFrom(stream).timeout, absl::Milliseconds(1500));
}

TEST(RequestGateTest, OnlyRulebooksMayBeLarge) {
  EXPECT_EQ(CallFrom(Post(kUnary, "application/json")).most_bytes,
            kMaxBodyBytes);
  EXPECT_EQ(CallFrom(Post("/pistis.v1.RulebookService/ValidateRulebook",
                          "application/json"))
                .most_bytes,
            kMaxRulebookBodyBytes);
}

TEST(RequestGateTest, WhatIsNoCallIsRefusedByName) {
  struct Case {
    RequestHead head;
    int status;
    std::string names;
  };
  RequestHead bad_timeout = Post(kUnary, "application/json");
  bad_timeout.connect_timeout_ms = "-5";
  RequestHead long_timeout = Post(kUnary, "application/json");
  long_timeout.connect_timeout_ms = "10000000000";
  RequestHead packed = Post(kUnary, "application/json");
  packed.content_encoding = "gzip";
  RequestHead packed_stream = Post(kStream, "application/connect+json");
  packed_stream.connect_content_encoding = "gzip";
  RequestHead new_protocol = Post(kUnary, "application/json");
  new_protocol.connect_protocol_version = "2";
  for (const Case& each : std::initializer_list<Case>{
           {Post("/nowhere", "application/json"), 404, "/nowhere"},
           {Post("/google.protobuf.Any/x", "application/json"), 404, "path"},
           {Post("/grpc.health.v1.Health/Check", "application/json"), 404,
            "path"},
           {Post("/pistis.v1.LedgerService/Nothing", "application/json"), 501,
            "Nothing"},
           {Post(kUnary, "text/plain"), 415, "content-type"},
           {Post(kUnary, ""), 415, "content-type"},
           {Post(kUnary, "application/connect+json"), 415, "content-type"},
           {Post(kStream, "application/json"), 415, "content-type"},
           {{.method = "GET", .target = kUnary}, 405, "POST"},
           {{.method = "POST", .target = "/healthz"}, 405, "GET"},
           {bad_timeout, 400, "connect-timeout-ms"},
           {long_timeout, 400, "connect-timeout-ms"},
           {packed, 400, "content-encoding"},
           {packed_stream, 400, "connect-content-encoding"},
           {new_protocol, 400, "connect-protocol-version"}}) {
    const HttpReply reply = ReplyTo(each.head);
    EXPECT_EQ(reply.status, each.status) << each.head.target;
    EXPECT_NE(reply.body.find(each.names), std::string::npos) << reply.body;
    EXPECT_EQ(reply.content_type, "application/json");
  }
}

TEST(RequestGateTest, ReadinessIsWhatTheEngineSays) {
  bool ready = false;
  const HttpOptions options{.ready = [&ready] { return ready; }};
  const RequestHead head{.method = "GET", .target = "/readyz?x=1"};
  EXPECT_EQ(ReplyTo(head, options).status, 503);
  ready = true;
  EXPECT_EQ(ReplyTo(head, options).status, 200);
  EXPECT_EQ(ReplyTo({.method = "HEAD", .target = "/healthz"}, options).status,
            200);
}

TEST(RequestGateTest, OnlyPagesOfAllowedOriginsMayCall) {
  const HttpOptions options{.cors_origins = {"https://console.example"}};
  RequestHead head{.method = "OPTIONS",
                   .target = kUnary,
                   .origin = "https://console.example",
                   .access_control_request_method = "POST"};
  const HttpReply asked = ReplyTo(head, options);
  EXPECT_EQ(asked.status, 204);
  EXPECT_NE(HeadersOf(asked)["Access-Control-Allow-Headers"].find(
                "Connect-Protocol-Version"),
            std::string::npos);
  const auto allowed = CorsHeaders(head.origin, options);
  ASSERT_FALSE(allowed.empty());
  EXPECT_EQ(allowed.front().second, "https://console.example");
  for (const char* other : {"https://evil.example", "null",
                            "https://console.example.evil.example"}) {
    head.origin = other;
    EXPECT_EQ(ReplyTo(head, options).status, 403) << other;
    RequestHead call = Post(kUnary, "application/json");
    call.origin = other;
    EXPECT_EQ(ReplyTo(call, options).status, 403) << other;
    for (const auto& [name, value] : CorsHeaders(other, options))
      EXPECT_EQ(name, "Vary");
  }
  head.origin = "https://console.example";
  EXPECT_EQ(ReplyTo(head).status, 403) << "none is allowed by default";
}

}  // namespace
}  // namespace pistis::server
