// Codes over a store in memory, as clients see them: batches, and what becomes
// of a client that guesses.
#include "server/code_service.h"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "engine/operations/executor.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "server/auth/identities.h"
#include "server/checkout_service.h"

namespace pistis::server {
namespace {

constexpr int kAtOnce = 5;
constexpr absl::Duration kPatience = absl::Seconds(3);

class CodeServiceTest : public testing::Test {
 protected:
  CodeServiceTest() {
    OpenWith(R"(
rules: []
codes:
  - {id: gift, discount: {amount: "1.00"}, uses: 500}
  - {id: flyer, discount: {amount: "1.00"}}
)",
             shop_);
    executor_ = *Executor::Start(store_, clock_, {},
                                 [](const absl::Status&) { std::abort(); });
    room_ =
        std::make_unique<EngineRoom>(EngineRoom{.store = store_,
                                                .clock = clock_,
                                                .env = shop_.env(),
                                                .executor = *executor_,
                                                .reads = reads_,
                                                .stopping = stopping_,
                                                .gate = &identities_->gate()});
    codes_ = std::make_unique<CodeService>(*room_, throttle_, kPatience);
    checkout_ = std::make_unique<CheckoutService>(*room_, throttle_);
    grpc::ServerBuilder builder;
    builder.RegisterService(codes_.get());
    builder.RegisterService(checkout_.get());
    server_ = builder.BuildAndStart();
    const auto channel = server_->InProcessChannel({});
    stub_ = v1::CodeService::NewStub(channel);
    till_ = v1::CheckoutService::NewStub(channel);
  }
  ~CodeServiceTest() override { server_->Shutdown(); }

  // The reason of a refusal, and how long to wait; "OK".
  static std::string Said(const grpc::Status& status) {
    if (status.ok()) return "OK";
    google::rpc::Status details;
    google::rpc::ErrorInfo info;
    if (!details.ParseFromString(status.error_details()) ||
        details.details().empty() || !details.details(0).UnpackTo(&info)) {
      return status.error_message();
    }
    const auto wait = info.metadata().find("retry_after_s");
    return wait == info.metadata().end()
               ? info.reason()
               : absl::StrCat(info.reason(), " ", wait->second);
  }

  std::string Issued() {
    v1::IssueCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id("issue");
    request.set_template_id("gift");
    grpc::ClientContext context;
    v1::IssueCodeResponse reply;
    EXPECT_EQ(Said(stub_->IssueCode(&context, request, &reply)), "OK");
    return reply.code().code();
  }

  static v1::Order OrderOf(const std::string& order_id,
                           const std::string& terminal,
                           const std::string& code) {
    v1::Order order = SaleRequest(order_id, "", {1000}).order();
    order.set_terminal_id(terminal);
    order.add_codes(code);
    return order;
  }

  std::string Quote(const std::string& terminal, const std::string& code) {
    v1::QuoteOrderRequest request;
    request.set_program_id(std::string(kShop));
    *request.mutable_order() = OrderOf("", terminal, code);
    request.mutable_order()->clear_order_id();
    grpc::ClientContext context;
    v1::Quote reply;
    return Said(till_->QuoteOrder(&context, request, &reply));
  }

  std::string Commit(const std::string& order_id, const std::string& terminal,
                     const std::string& code) {
    v1::CommitOrderRequest request;
    request.set_program_id(std::string(kShop));
    *request.mutable_order() = OrderOf(order_id, terminal, code);
    grpc::ClientContext context;
    v1::CommitOrderResponse reply;
    return Said(till_->CommitOrder(&context, request, &reply));
  }

  static v1::IssueCodesRequest Batch(int64_t count, int64_t after = 0) {
    v1::IssueCodesRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id("leaflets");
    request.set_template_id("flyer");
    request.set_count(count);
    request.set_after(after);
    return request;
  }

  // The codes that a stream brings, at most `most` messages of them.
  std::vector<std::string> Read(const v1::IssueCodesRequest& request,
                                int most = 1'000'000) {
    grpc::ClientContext context;
    const auto stream = stub_->IssueCodes(&context, request);
    std::vector<std::string> codes;
    v1::IssueCodesResponse message;
    for (; most > 0 && stream->Read(&message); --most) {
      codes.insert(codes.end(), message.codes().begin(), message.codes().end());
      EXPECT_EQ(message.done(),
                request.after() + static_cast<int64_t>(codes.size()));
    }
    if (most == 0) context.TryCancel();
    const grpc::Status status = stream->Finish();
    if (most > 0) {
      EXPECT_EQ(Said(status), "OK");
    }
    return codes;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  std::unique_ptr<Executor> executor_;
  ReadPool reads_{2, 64};
  std::atomic<bool> stopping_{false};
  const std::unique_ptr<Identities> identities_ = *Identities::Open(
      *store_.GetSnapshot(), clock_, {.identity = Identity::kNotAsked});
  CodeThrottle throttle_{
      {.terms = {.at_once = kAtOnce, .pause = absl::Minutes(1)}}};
  std::unique_ptr<EngineRoom> room_;
  std::unique_ptr<CodeService> codes_;
  std::unique_ptr<CheckoutService> checkout_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::CodeService::Stub> stub_;
  std::unique_ptr<v1::CheckoutService::Stub> till_;
};

TEST_F(CodeServiceTest, AStreamThatBrokeOffGoesOnWithTheSameCodes) {
  const std::vector<std::string> first = Read(Batch(2500), 1);
  ASSERT_GE(first.size(), 1U);
  const std::vector<std::string> rest =
      Read(Batch(2500, static_cast<int64_t>(first.size())));
  std::vector<std::string> all = first;
  all.insert(all.end(), rest.begin(), rest.end());
  EXPECT_EQ(all.size(), 2500U);
  EXPECT_EQ(Read(Batch(2500)), all);
}

TEST_F(CodeServiceTest, AStreamOfABatchThatWasNotIssuedIsRefused) {
  grpc::ClientContext context;
  const auto stream = stub_->IssueCodes(&context, Batch(10, 10));
  v1::IssueCodesResponse message;
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(Said(stream->Finish()), "FIELD_INVALID");
  EXPECT_EQ(Read(Batch(10)).size(), 10U);
  EXPECT_EQ(Read(Batch(10, 10)).size(), 0U);
}

TEST_F(CodeServiceTest, ClientsThatDoNotReadKeepOthersOutForAWhileAlone) {
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::IssueCodesResponse>>> idle;
  const auto open = [&] {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    return stub_->IssueCodes(contexts.back().get(), Batch(100'000));
  };
  v1::IssueCodesResponse message;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(open());
    ASSERT_TRUE(idle.back()->Read(&message));
  }
  const auto refused = open();
  EXPECT_FALSE(refused->Read(&message));
  EXPECT_EQ(Said(refused->Finish()), "LIMIT_REACHED");
  const absl::Time start = absl::Now();
  bool is_let_in = false;
  while (!is_let_in && absl::Now() - start < absl::Seconds(60)) {
    absl::SleepFor(kPatience);
    const auto next = open();
    is_let_in = next->Read(&message);
    contexts.back()->TryCancel();
    next->Finish();
  }
  EXPECT_TRUE(is_let_in);
  // Those whose turn has not come yet are read to their ends.
  int broken_off = 0;
  for (const auto& stream : idle) {
    while (stream->Read(&message))
      continue;
    if (!stream->Finish().ok()) ++broken_off;
  }
  EXPECT_GE(broken_off, 1);
}

TEST_F(CodeServiceTest, ClientsThatReadALittleNowAndThenAreCancelled) {
  grpc::ClientContext context;
  const auto stream = stub_->IssueCodes(&context, Batch(500'000));
  v1::IssueCodesResponse message;
  while (stream->Read(&message))
    absl::SleepFor(kPatience / 4);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(CodeServiceTest, ACheckWithoutLinesTakesNoLongerNamesThanASale) {
  const std::string good = Issued();
  const auto check = [&](const char* field) {
    v1::CheckCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_code(good);
    v1::Order& order = *request.mutable_order();
    const auto* of = v1::Order::descriptor()->FindFieldByName(field);
    order.GetReflection()->SetString(&order, of, std::string(500'000, 't'));
    grpc::ClientContext context;
    v1::CheckCodeResponse reply;
    return Said(stub_->CheckCode(&context, request, &reply));
  };
  EXPECT_EQ(check("terminal_id"), "FIELD_INVALID");
  EXPECT_EQ(check("store_id"), "FIELD_INVALID");
}

TEST_F(CodeServiceTest, GuessesBesideTheCheckedCodeCount) {
  const std::string good = Issued();
  const auto check = [&](const std::string& beside) {
    v1::CheckCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_code(good);
    *request.mutable_order() = OrderOf("", "t1", beside);
    request.mutable_order()->clear_order_id();
    grpc::ClientContext context;
    v1::CheckCodeResponse reply;
    return Said(stub_->CheckCode(&context, request, &reply));
  };
  for (int i = 0; i < kAtOnce; ++i)
    EXPECT_EQ(check(absl::StrCat("guess-", i)), "CODE_NOT_FOUND");
  EXPECT_EQ(check("guess"), "RATE_LIMITED 60");
}

TEST_F(CodeServiceTest, AGuessingTerminalWaitsForGoodCodesTooAndOthersDoNot) {
  const std::string good = Issued();
  for (int i = 0; i < kAtOnce; ++i)
    EXPECT_EQ(Quote("t1", absl::StrCat("guess-", i)), "CODE_NOT_FOUND");
  EXPECT_EQ(Quote("t1", "guess"), "RATE_LIMITED 60");
  EXPECT_EQ(Quote("t1", good), "RATE_LIMITED 60");
  EXPECT_EQ(Commit("o1", "t1", good), "RATE_LIMITED 60");
  EXPECT_EQ(Quote("t2", good), "OK");
  clock_.Advance(absl::Seconds(90));
  // What was refused for this is not remembered.
  EXPECT_EQ(Commit("o1", "t1", good), "OK");
  EXPECT_EQ(Quote("t1", "guess"), "CODE_NOT_FOUND");
  EXPECT_EQ(Quote("t1", "guess"), "RATE_LIMITED 30");
}

TEST_F(CodeServiceTest, AKnownOrderIsAnsweredToWhoWaits) {
  const std::string good = Issued();
  ASSERT_EQ(Commit("o1", "t1", good), "OK");
  for (int i = 0; i < kAtOnce; ++i)
    EXPECT_EQ(Commit("o2", "t1", "none"), "CODE_NOT_FOUND");
  EXPECT_EQ(Commit("o2", "t1", good), "RATE_LIMITED 60");
  EXPECT_EQ(Commit("o1", "t1", good), "OK");
}

TEST_F(CodeServiceTest, NobodyGuessesMoreByGuessingAtOnce) {
  constexpr int kGuesses = 200;
  std::atomic<int> looked_up = 0;
  std::vector<std::thread> threads;
  absl::Notification go;
  for (int i = 0; i < kGuesses; ++i) {
    threads.emplace_back([&, i] {
      go.WaitForNotification();
      if (Commit(absl::StrCat("o", i), "t1", "none") == "CODE_NOT_FOUND") {
        ++looked_up;
      }
    });
  }
  go.Notify();
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(looked_up, kAtOnce);
}

TEST_F(CodeServiceTest, ChecksLookUpsAndVoidsCountAsGuesses) {
  const std::string good = Issued();
  const auto check = [&](const std::string& code) {
    v1::CheckCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_code(code);
    request.mutable_order()->set_terminal_id("t1");
    grpc::ClientContext context;
    v1::CheckCodeResponse reply;
    const std::string said = Said(stub_->CheckCode(&context, request, &reply));
    return said == "OK" ? reply.reason() : said;
  };
  for (int i = 0; i < kAtOnce; ++i)
    EXPECT_EQ(check("none"), "CODE_NOT_FOUND");
  EXPECT_EQ(check(good), "RATE_LIMITED 60");
  // A caller has ten times as many; it named no terminal in these.
  int tried = 0;
  std::string said;
  do {
    v1::VoidCodeRequest request;
    request.set_program_id(std::string(kShop));
    request.set_request_id(absl::StrCat("void-", ++tried));
    request.set_code("none");
    request.set_reason("test");
    grpc::ClientContext context;
    v1::Code reply;
    said = Said(stub_->VoidCode(&context, request, &reply));
  } while (said == "CODE_NOT_FOUND" && tried < 1000);
  EXPECT_EQ(tried, 10 * kAtOnce - kAtOnce + 1);
  EXPECT_EQ(said, "RATE_LIMITED 6");
  v1::GetCodeRequest request;
  request.set_program_id(std::string(kShop));
  request.set_code(good);
  grpc::ClientContext context;
  v1::Code reply;
  EXPECT_EQ(Said(stub_->GetCode(&context, request, &reply)), "RATE_LIMITED 6");
}

}  // namespace
}  // namespace pistis::server
