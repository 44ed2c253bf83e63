// The services by HTTP, over a store in memory.
#include "server/http/gateway.h"

#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "server/admin_service.h"
#include "server/checkout_service.h"
#include "server/event_service.h"
#include "server/http/test_http.h"
#include "server/ledger_service.h"
#include "server/member_service.h"
#include "server/rulebook_service.h"
#include "server/test_engine.h"

namespace pistis::server {
namespace {

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&admin_);
    builder.RegisterService(&checkout_);
    builder.RegisterService(&events_);
    builder.RegisterService(&ledger_);
    builder.RegisterService(&members_);
    builder.RegisterService(&rulebooks_);
    server_ = builder.BuildAndStart();
    gateway_ = *HttpGateway::Start({.address = "127.0.0.1:0"}, *server_);
  }

  ~GatewayTest() override {
    gateway_.reset();
    server_->Shutdown();
  }

  TestReply Send(const std::string& request) {
    return Exchange({.number = gateway_->port()}, request);
  }
  TestReply Post(const std::string& method, const std::string& body) {
    return Send(PostOf(method, body));
  }

  TestEngine engine_;
  AdminService admin_{engine_.room, engine_.upkeep()};
  CodeThrottle throttle_{{}};
  CheckoutService checkout_{engine_.room, throttle_};
  EventService events_{engine_.room, SinkOptions{}};
  LedgerService ledger_{engine_.room};
  MemberService members_{engine_.room};
  RulebookService rulebooks_{engine_.room, engine_.simulations()};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HttpGateway> gateway_;
};

TEST_F(GatewayTest, AUnaryCallIsAnsweredInJson) {
  const TestReply created =
      Post("AdminService/CreateProgram",
           R"({"request_id": "r1", "program": {"program_id": "shop",
          "currency": "EUR", "time_zone": "Europe/Athens"}})");
  EXPECT_EQ(created.status, 200);
  EXPECT_NE(created.body.find(R"("program_id":"shop")"), std::string::npos);
  const TestReply again =
      Post("AdminService/CreateProgram",
           R"({"requestId": "r1", "program": {"programId": "shop",
          "currency": "EUR", "timeZone": "Europe/Athens"}})");
  EXPECT_EQ(again.body, created.body);
}

TEST_F(GatewayTest, ALedgerCommandIsAnsweredOnceAndAgainTheSame) {
  Post("AdminService/CreateProgram",
       R"({"request_id": "r1", "program": {"program_id": "shop",
      "currency": "EUR", "time_zone": "Europe/Athens"}})");
  Post("MemberService/CreateMember",
       R"({"program_id": "shop", "request_id": "r2",
      "member": {"member_id": "ann"}})");
  const std::string earn = R"({"program_id": "shop", "request_id": "r3",
      "member_id": "ann", "points": "50", "reason": "welcome"})";
  const TestReply earned = Post("LedgerService/EarnPoints", earn);
  EXPECT_EQ(earned.status, 200) << earned.body;
  EXPECT_NE(earned.body.find(R"("kind":"EARN")"), std::string::npos);
  EXPECT_EQ(Post("LedgerService/EarnPoints", earn).body, earned.body);
  const TestReply account =
      Post("LedgerService/GetAccount",
           R"({"program_id": "shop", "member_id": "ann"})");
  EXPECT_NE(account.body.find(R"("available":"50")"), std::string::npos);
}

TEST_F(GatewayTest, ARefusalKeepsItsReasonAndField) {
  const TestReply refused =
      Post("CheckoutService/CommitOrder",
           R"({"program_id": "shop", "order": {"order_id": "o1"}})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find(R"("code":"invalid_argument")"),
            std::string::npos);
  EXPECT_NE(refused.body.find("order.lines"), std::string::npos);
  EXPECT_NE(refused.body.find("google.rpc.ErrorInfo"), std::string::npos);
}

TEST_F(GatewayTest, ABodyIsCountedWhateverItsHeadersSay) {
  TestConnection endless({.number = gateway_->port()});
  endless.Send(
      "POST /pistis.v1.CheckoutService/GetOrder HTTP/1.1\r\nHost: x\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(1U << 16U, ' ') + "\r\n";
  for (int i = 0; i < 64 && endless.Send(chunk); ++i) {
  }
  EXPECT_EQ(endless.Receive().status, 413);
  EXPECT_TRUE(endless.Closes());
  EXPECT_EQ(Send(GetOf("/healthz")).status, 200);
}

TEST_F(GatewayTest, ARulebookMayBeLargerThanOtherRequests) {
  const std::string blank((2U << 20U), ' ');
  const TestReply read = Post(
      "RulebookService/ValidateRulebook",
      R"({"program_id": "shop", "yaml": "program: shop)" + blank + R"("})");
  // It was read; there is no such program.
  EXPECT_EQ(read.status, 404) << read.body;
  EXPECT_EQ(Post("CheckoutService/GetOrder", "{" + blank + "}").status, 413);
  const TestReply refused = Post("RulebookService/GetRulebook",
                                 R"({"program_id": ")" + blank + R"("})");
  EXPECT_EQ(refused.status, 400);
}

TEST_F(GatewayTest, CallsAboutCostsAreRefusedByName) {
  const TestReply none =
      Post("RulebookService/ListCosts", R"({"program_id": "nowhere"})");
  EXPECT_EQ(none.status, 404) << none.body;
  const TestReply refused = Post("RulebookService/ImportCosts",
                                 R"({"program_id": "nowhere", "request_id": "r",
               "costs": [{"sku": "", "cost": "1"}]})");
  EXPECT_EQ(refused.status, 400) << refused.body;
  EXPECT_NE(refused.body.find("costs[0].sku"), std::string::npos);
}

TEST_F(GatewayTest, WhatAWebPageMaySendUnaskedIsRefused) {
  const TestReply refused =
      Send(TypedPost("CheckoutService/GetOrder", "text/plain", "{}"));
  EXPECT_EQ(refused.status, 415);
  EXPECT_EQ(refused.headers.at("accept-post"),
            "application/json, application/proto");
}

TEST_F(GatewayTest, WhatIsNoCallIsRefused) {
  EXPECT_EQ(Post("CheckoutService/GetOrder", "garbage").status, 400);
  EXPECT_EQ(Post("CheckoutService/GetOrder", R"({"nope": 1})").status, 400);
  EXPECT_EQ(Post("CheckoutService/NoSuchMethod", "{}").status, 501);
  EXPECT_EQ(Post("EventService/StreamEvents", "{}").status, 415);
  EXPECT_EQ(Post("CheckoutService/GetOrder", std::string((1U << 20U) + 1, ' '))
                .status,
            413);
  EXPECT_EQ(Send(GetOf("/healthz")).status, 200);
}

}  // namespace
}  // namespace pistis::server
