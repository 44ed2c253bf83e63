#include "server/http/request_head.h"

#include <string>
#include <variant>

#include "gtest/gtest.h"

#include "engine/expr/utf8.h"
#include "server/http/request_gate.h"

namespace pistis::server {
namespace {

HttpRequest Sent(const std::string& target) {
  HttpRequest request;
  request.method(boost::beast::http::verb::post);
  request.target(target);
  request.set("Content-Type", "application/json");
  return request;
}

void ExpectRefusalInUtf8(const HttpRequest& request, int status,
                         const std::string& names) {
  const auto passed = PassGate(HeadOf(request), {});
  const auto* reply = std::get_if<HttpReply>(&passed);
  ASSERT_NE(reply, nullptr);
  EXPECT_EQ(reply->status, status);
  EXPECT_FALSE(expr::FirstInvalidUtf8(reply->body)) << reply->body;
  EXPECT_NE(reply->body.find(names), std::string::npos) << reply->body;
}

TEST(RequestHeadTest, WhatIsUtf8StaysAsItWasSent) {
  HttpRequest request = Sent("/caf\xC3\xA9?q=\xE2\x82\xAC");
  request.set("Origin",
              "https://b\xC3\xBC"
              "cher.example");
  EXPECT_EQ(HeadOf(request).target, "/caf\xC3\xA9?q=\xE2\x82\xAC");
  EXPECT_EQ(HeadOf(request).origin,
            "https://b\xC3\xBC"
            "cher.example");
  EXPECT_EQ(HeadOf(request).content_encoding, "");
}

TEST(RequestHeadTest, ARefusalOfBrokenUtf8IsUtf8) {
  // The writer of JSON itself lets pass what is longer than it need be.
  ExpectRefusalInUtf8(Sent("/x\xC1\xBE"), 404, "/x\xEF\xBF\xBD\xEF\xBF\xBD");
  const std::string call = "/pistis.v1.EventService/StreamEvents";
  HttpRequest page = Sent(call);
  page.set("Origin", "o\xC1\xBE.example");
  ExpectRefusalInUtf8(page, 403, "o\xEF\xBF\xBD\xEF\xBF\xBD.example");
  HttpRequest typed = Sent(call);
  typed.set("Content-Type", "text/\xFF");
  ExpectRefusalInUtf8(typed, 415, "text/\xEF\xBF\xBD");
  typed.set("Content-Type", "application/connect+json");
  typed.set("Connect-Protocol-Version", "\xE2\x82");
  ExpectRefusalInUtf8(typed, 400, "connect-protocol-version");
}

}  // namespace
}  // namespace pistis::server
