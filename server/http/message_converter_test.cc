// First: Asio's coroutines forget it.
#include "server/http/message_converter.h"

#include <future>
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "pistis/v1/ledger_service.pb.h"

#include "boost/asio/co_spawn.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/use_future.hpp"
#include "engine/base/refusal.h"

namespace pistis::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Result = absl::StatusOr<std::string>;

// A call of a connected client whose JSON is large.
class MessageConverterTest : public testing::Test {
 protected:
  MessageConverterTest() {
    tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    client_.connect(acceptor.local_endpoint());
    acceptor.accept(socket_);
    call_.method =
        v1::GetAccountRequest::descriptor()->file()->pool()->FindMethodByName(
            "pistis.v1.LedgerService.GetAccount");
    call_.whole_at = std::chrono::steady_clock::now();
  }

  std::future<Result> Ask(const std::string& message) {
    return asio::co_spawn(io_, converter_.Decode(asked_, message),
                          asio::use_future);
  }
  Result Decode(const std::string& message) {
    std::future<Result> asked = Ask(message);
    io_.restart();
    io_.run();
    return asked.get();
  }

  const std::string large_ = "{" + std::string(100'000, ' ') + "}";
  asio::io_context io_;
  tcp::socket client_{io_};
  tcp::socket socket_{io_};
  HttpCall call_;
  AddressShare share_{1};
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> gone_ = false;
  const ConversionFor asked_{call_, share_.conversions, stopping_, gone_,
                             socket_};
  MessageConverter converter_;
};

TEST_F(MessageConverterTest, LargeOnesOfAnAddressAreTwoAtATime) {
  ASSERT_TRUE(share_.conversions.Take(1));
  EXPECT_TRUE(Decode(large_).ok());
  EXPECT_TRUE(Decode(large_).ok());
  ASSERT_TRUE(share_.conversions.Take(1));
  EXPECT_EQ(ReasonOf(Decode(large_).status()), Reason::kOverloaded);
  EXPECT_TRUE(Decode("{}").ok());
  share_.conversions.GiveBack(1);
  EXPECT_TRUE(Decode(large_).ok());
}

TEST_F(MessageConverterTest, AReplyWaitsForRoomAndIsNotRefused) {
  ASSERT_TRUE(share_.conversions.Take(2));
  v1::Account reply;
  reply.set_member_id(std::string(100'000, 'a'));
  std::future<Result> asked =
      asio::co_spawn(io_, converter_.Encode(asked_, reply.SerializeAsString()),
                     asio::use_future);
  io_.run_for(std::chrono::milliseconds(50));
  EXPECT_NE(asked.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  share_.conversions.GiveBack(2);
  io_.run();
  const Result encoded = asked.get();
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_GT(encoded->size(), 100'000U);
}

TEST_F(MessageConverterTest, WhatWaitedPastItsDeadlineIsNotConverted) {
  call_.timeout = absl::Seconds(30);
  EXPECT_TRUE(Decode(large_).ok());
  call_.whole_at -= std::chrono::seconds(31);
  EXPECT_EQ(ReasonOf(Decode(large_).status()), Reason::kDeadlinePassed);
}

TEST_F(MessageConverterTest, WhatWaitsWhenTheServerStopsIsDropped) {
  stopping_ = true;
  EXPECT_EQ(ReasonOf(Decode(large_).status()), Reason::kOverloaded);
  EXPECT_TRUE(Decode("{}").ok());
}

TEST_F(MessageConverterTest, WhatAClientThatHungUpAskedIsLeft) {
  EXPECT_TRUE(Decode(large_).ok());
  client_.close();
  EXPECT_EQ(Decode(large_).status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace pistis::server
