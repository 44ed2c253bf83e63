#include "server/http/connect_codec.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "pistis/v1/ledger_service.pb.h"

#include "engine/base/refusal.h"

namespace pistis::server {
namespace {

const google::protobuf::Descriptor& Request() {
  return *v1::GetAccountRequest::descriptor();
}

TEST(ConnectCodecTest, JsonBecomesTheMessageThatItSays) {
  const auto bytes = DecodeRequest(Request(), Encoding::kJson,
                                   R"({"programId": "shop",
                                       "member_id": "ann"})");
  ASSERT_TRUE(bytes.ok());
  v1::GetAccountRequest request;
  ASSERT_TRUE(request.ParseFromString(*bytes));
  EXPECT_EQ(request.program_id(), "shop");
  EXPECT_EQ(request.member_id(), "ann");
  const auto back = EncodeReply(Request(), Encoding::kJson, *bytes);
  EXPECT_EQ(*back, R"({"program_id":"shop","member_id":"ann"})");
}

TEST(ConnectCodecTest, ProtobufGoesThroughAsItIs) {
  const std::string bytes("\x01\xff\x00", 3);
  EXPECT_EQ(*DecodeRequest(Request(), Encoding::kProto, bytes), bytes);
  EXPECT_EQ(*EncodeReply(Request(), Encoding::kProto, bytes), bytes);
  EXPECT_FALSE(EncodeReply(Request(), Encoding::kJson, bytes).ok());
}

TEST(ConnectCodecTest, WhatIsNoJsonOfTheRequestIsRefused) {
  const std::string deep(200'000, '[');
  std::string nested;
  for (int i = 0; i < 50'000; ++i)
    nested += R"({"a":)";
  for (const std::string& bad :
       {std::string("garbage"), std::string("{\"nope\": 1}"),
        std::string("{\"member_id\": \"\xff\xfe\"}"),
        std::string("{\"member_id\": 7"), std::string(""), std::string("[]"),
        std::string(1, '\0'), deep, nested, "{\"member_id\": " + deep}) {
    const auto bytes = DecodeRequest(Request(), Encoding::kJson, bad);
    ASSERT_FALSE(bytes.ok()) << bad.substr(0, 40);
    EXPECT_EQ(ReasonOf(bytes.status()), Reason::kFieldInvalid);
    EXPECT_LT(bytes.status().message().size(), 1000U);
  }
}

TEST(ConnectCodecTest, AStreamHasExactlyOneRequest) {
  const std::string message = "{\"follow\": true}";
  EXPECT_EQ(*OpenEnvelope(Envelope(message)), message);
  EXPECT_EQ(*OpenEnvelope(Envelope("")), "");
  std::string compressed = Envelope(message);
  compressed[0] = 1;
  std::string ended = Envelope(message);
  ended[0] = 2;
  for (const std::string& bad :
       {std::string(), std::string("\0\0\0", 3), message, compressed, ended,
        Envelope(message) + Envelope(message), Envelope(message) + "x",
        Envelope(message).substr(0, 12),
        std::string("\0\xff\xff\xff\xff", 5)}) {
    EXPECT_EQ(ReasonOf(OpenEnvelope(bad).status()), Reason::kFieldInvalid)
        << bad;
  }
}

TEST(ConnectCodecTest, TheEndOfAStreamSaysHowItWent) {
  EXPECT_EQ(EndOfStream(grpc::Status::OK), std::string("\2\0\0\0\2{}", 7));
  const std::string failed =
      EndOfStream({grpc::StatusCode::UNAVAILABLE, "the server stops"});
  EXPECT_EQ(failed[0], 2);
  const std::string error = failed.substr(5);
  EXPECT_TRUE(absl::StartsWith(error, "{\"error\":{")) << error;
  EXPECT_TRUE(absl::StrContains(error, "\"code\":\"unavailable\""));
  EXPECT_TRUE(absl::StrContains(error, "\"message\":\"the server stops\""));
}

TEST(ConnectCodecTest, ATimeoutIsDigitsAlone) {
  EXPECT_EQ(*ParseTimeout("0"), absl::ZeroDuration());
  EXPECT_EQ(*ParseTimeout("9999999999"), absl::Milliseconds(9'999'999'999));
  for (const char* bad : {"", " 1", "+1", "-1", "1.5", "1s", "00000000001"}) {
    EXPECT_FALSE(ParseTimeout(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace pistis::server
