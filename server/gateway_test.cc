// The services and the HTTP/JSON gateway over a store in memory.
#include <atomic>
#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "engine/base/clock.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "engine/operations/open_store.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/memory/memory_store.h"
#include "httplib.h"
#include "server/checkout_service.h"
#include "server/engine_room.h"
#include "server/event_service.h"
#include "server/http_gateway.h"
#include "server/program_services.h"
#include "server/read_pool.h"

namespace pistis::server {
namespace {

constexpr char kAddress[] = "127.0.0.1:27613";

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() : http_("127.0.0.1", 27613) {
    env_ = std::make_unique<OperationEnv>(
        OperationEnv{.secret = *OpenFormat(store_), .rulebooks = rulebooks_});
    executor_ = *Executor::Start(store_, clock_, {},
                                 [](const absl::Status&) { std::abort(); });
    room_ = std::make_unique<EngineRoom>(EngineRoom{.store = store_,
                                                    .clock = clock_,
                                                    .env = *env_,
                                                    .executor = *executor_,
                                                    .reads = reads_,
                                                    .stopping = stopping_});
    admin_ = std::make_unique<AdminService>(*room_);
    checkout_ = std::make_unique<CheckoutService>(*room_);
    events_ = std::make_unique<EventService>(*room_);
    grpc::ServerBuilder builder;
    builder.RegisterService(admin_.get());
    builder.RegisterService(checkout_.get());
    builder.RegisterService(events_.get());
    server_ = builder.BuildAndStart();
    gateway_ = *HttpGateway::Start(kAddress, *server_);
  }

  ~GatewayTest() override {
    gateway_.reset();
    server_->Shutdown();
  }

  httplib::Result Post(const std::string& method, const std::string& body) {
    return http_.Post(("/pistis.v1." + method).c_str(), body,
                      "application/json");
  }

  MemoryStore store_{{}};
  const SystemClock clock_;
  RulebookCache rulebooks_;
  ReadPool reads_{1, 16};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<OperationEnv> env_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<EngineRoom> room_;
  std::unique_ptr<AdminService> admin_;
  std::unique_ptr<CheckoutService> checkout_;
  std::unique_ptr<EventService> events_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<HttpGateway> gateway_;
  httplib::Client http_;
};

TEST_F(GatewayTest, AUnaryCallIsAnsweredInJson) {
  const httplib::Result created =
      Post("AdminService/CreateProgram",
           R"({"request_id": "r1", "program": {"program_id": "shop",
          "currency": "EUR", "time_zone": "Europe/Athens"}})");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->status, 200);
  EXPECT_NE(created->body.find(R"("program_id":"shop")"), std::string::npos);
  const httplib::Result again =
      Post("AdminService/CreateProgram",
           R"({"requestId": "r1", "program": {"programId": "shop",
          "currency": "EUR", "timeZone": "Europe/Athens"}})");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->body, created->body);
}

TEST_F(GatewayTest, ARefusalKeepsItsReasonAndField) {
  const httplib::Result refused =
      Post("CheckoutService/CommitOrder",
           R"({"program_id": "shop", "order": {"order_id": "o1"}})");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(refused->body.find(R"("code":"invalid_argument")"),
            std::string::npos);
  EXPECT_NE(refused->body.find("order.lines"), std::string::npos);
  EXPECT_NE(refused->body.find("google.rpc.ErrorInfo"), std::string::npos);
}

TEST_F(GatewayTest, ABodyIsCountedWhateverItsHeadersSay) {
  const auto endless = [](size_t offset, httplib::DataSink& sink) {
    const std::string block(1U << 16U, ' ');
    if (offset > (4U << 20U)) {
      sink.done();
      return true;
    }
    return sink.write(block.data(), block.size());
  };
  const httplib::Result refused = http_.Post(
      "/pistis.v1.CheckoutService/GetOrder", endless, "application/json");
  EXPECT_TRUE(!refused || refused->status == 413);
  EXPECT_EQ(http_.Get("/healthz")->status, 200);
}

TEST_F(GatewayTest, WhatAWebPageMaySendUnaskedIsRefused) {
  EXPECT_EQ(
      http_.Post("/pistis.v1.CheckoutService/GetOrder", "{}", "text/plain")
          ->status,
      415);
}

TEST_F(GatewayTest, WhatIsNoCallIsRefused) {
  EXPECT_EQ(Post("CheckoutService/GetOrder", "garbage")->status, 400);
  EXPECT_EQ(Post("CheckoutService/GetOrder", R"({"nope": 1})")->status, 400);
  EXPECT_EQ(Post("CheckoutService/NoSuchMethod", "{}")->status, 501);
  EXPECT_EQ(Post("EventService/StreamEvents", "{}")->status, 501);
  EXPECT_EQ(Post("CheckoutService/GetOrder", std::string((1U << 20U) + 1, ' '))
                ->status,
            413);
  EXPECT_EQ(http_.Get("/healthz")->status, 200);
}

}  // namespace
}  // namespace pistis::server
