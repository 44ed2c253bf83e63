// What an operator expects of the running server: health, reflection, a clean
// end, one server to a directory, events as they happen.
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "clients/cpp/client.h"
#include "engine/base/refusal.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace pistis {
namespace {

class ServingTest : public testing::Test {
 protected:
  ServingTest() {
    auto server = ServerProcess::Start({.data_dir = DataDir()});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  [[nodiscard]] std::string DataDir() const {
    return absl::StrCat(folder_.path(), "/data");
  }

  // The status and the raw reply of a unary call.
  std::pair<grpc::Status, std::string> Call(const std::string& method,
                                            const std::string& bytes = "") {
    grpc::GenericStub stub(grpc::CreateChannel(
        server_->address(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(10));
    const grpc::Slice sent(bytes);
    const grpc::ByteBuffer request(&sent, 1);
    grpc::ByteBuffer reply;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, method, {}, &request, &reply,
                   [&](const grpc::Status& of_call) {
                     status = of_call;
                     done.Notify();
                   });
    done.WaitForNotification();
    grpc::Slice slice;
    if (!status.ok() || !reply.DumpToSingleSlice(&slice).ok()) {
      return {status, ""};
    }
    return {status, std::string(slice.begin(), slice.end())};
  }

  static void CreateProgram(Client& client, const std::string& id) {
    v1::CreateProgramRequest request;
    request.set_request_id(id);
    request.mutable_program()->set_program_id(id);
    request.mutable_program()->set_currency("EUR");
    request.mutable_program()->set_time_zone("Europe/Athens");
    ASSERT_TRUE(client.CreateProgram(request).ok());
  }

  static void PublishTenth(Client& client) {
    v1::PublishRulebookRequest request;
    request.set_program_id("shop");
    request.set_request_id("tenth");
    request.set_yaml(
        "program: shop\ncurrency: EUR\ntime_zone: Europe/Athens\n"
        "rules: [{id: tenth, discount: {percent: \"10%\"}}]\n");
    ASSERT_TRUE(client.PublishRulebook(request).ok());
  }

  TempDir folder_;
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(ServingTest, HealthSaysServingAndReflectionIsThere) {
  const auto [status, reply] = Call("/grpc.health.v1.Health/Check");
  EXPECT_TRUE(status.ok()) << status.error_message();
  // HealthCheckResponse {status: SERVING}.
  EXPECT_EQ(reply, "\x08\x01");
  const auto [reflection, none] =
      Call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  EXPECT_NE(reflection.error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServingTest, HealthAnswersForEachServiceByName) {
  // HealthCheckRequest {service: ...}.
  const std::string name = "pistis.v1.CheckoutService";
  const std::string request = absl::StrCat(
      "\x0a", std::string(1, static_cast<char>(name.size())), name);
  const auto [status, reply] = Call("/grpc.health.v1.Health/Check", request);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(reply, "\x08\x01");
  const auto [unknown, none] =
      Call("/grpc.health.v1.Health/Check", "\x0a\x04shop");
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServingTest, SigtermEndsCleanlyAndNothingIsLost) {
  {
    Client client({.address = server_->address()});
    CreateProgram(client, "shop");
  }
  EXPECT_TRUE(server_->Stop().ok()) << server_->Log();
  auto again = ServerProcess::Start({.data_dir = DataDir()});
  ASSERT_TRUE(again.ok()) << again.status();
  Client client({.address = (*again)->address()});
  v1::GetProgramStatsRequest request;
  request.set_program_id("shop");
  EXPECT_TRUE(client.GetProgramStats(request).ok());
}

TEST_F(ServingTest, ADirectoryHasOneServer) {
  const auto second = ServerProcess::Start({.data_dir = DataDir()});
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().message().find(DataDir()), std::string::npos)
      << second.status();
}

TEST_F(ServingTest, AFollowerHearsOfAnEventSoonAfterItsCommit) {
  Client client({.address = server_->address()});
  CreateProgram(client, "shop");
  absl::Notification first;
  std::atomic<int> events{0};
  std::thread follower([&] {
    Client of_follower({.address = server_->address()});
    v1::StreamEventsRequest request;
    request.set_program_id("shop");
    request.set_follow(true);
    (void)of_follower.StreamEvents(request, [&](const v1::Event&) {
      if (++events == 1) first.Notify();
      return events == 2 ? Visit::kStop : Visit::kContinue;
    });
  });
  first.WaitForNotification();
  v1::CreateMemberRequest member;
  member.set_program_id("shop");
  member.set_request_id("r1");
  member.mutable_member()->set_member_id("ann");
  EXPECT_TRUE(client.CreateMember(member).ok());
  follower.join();
  EXPECT_EQ(events, 2);
}

TEST_F(ServingTest, WhatExpiredWhileTheServerWasAwayIsGivenBackAtOnce) {
  v1::HoldOrderRequest hold;
  hold.set_program_id("shop");
  v1::Order& order = *hold.mutable_order();
  v1::OrderLine& line = *order.add_lines();
  line.set_line_id("1");
  line.set_quantity(1);
  line.set_amount_minor(1000);
  v1::CommitOrderRequest commit;
  commit.set_program_id("shop");
  {
    Client client({.address = server_->address()});
    CreateProgram(client, "shop");
    PublishTenth(client);
    for (const char* id : {"kept", "lost"}) {
      hold.set_reservation_id(id);
      order.set_order_id(absl::StrCat("order-", id));
      hold.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(
          absl::Now() + (id[0] == 'k' ? absl::Hours(1) : absl::Seconds(3))));
      const auto held = client.HoldOrder(hold);
      ASSERT_TRUE(held.ok()) << held.status();
      EXPECT_EQ(held->quote().discount_minor(), 100);
    }
  }
  ASSERT_TRUE(server_->Stop().ok()) << server_->Log();
  absl::SleepFor(absl::Seconds(3));
  auto again = ServerProcess::Start({.data_dir = DataDir()});
  ASSERT_TRUE(again.ok()) << again.status();
  Client client({.address = (*again)->address()});
  commit.set_reservation_id("lost");
  EXPECT_EQ(ReasonOf(client.CommitOrder(commit).status()),
            Reason::kReservationExpired);
  commit.set_reservation_id("kept");
  const auto committed = client.CommitOrder(commit);
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->quote().discount_minor(), 100);
  v1::StreamEventsRequest events;
  events.set_program_id("shop");
  events.set_follow(true);
  std::string ended;
  (void)client.StreamEvents(events, [&](const v1::Event& event) {
    ended = event.reservation_ended().reservation_id();
    return ended.empty() ? Visit::kContinue : Visit::kStop;
  });
  EXPECT_EQ(ended, "lost");
}

}  // namespace
}  // namespace pistis
