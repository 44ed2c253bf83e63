// Simulations over a store in memory, as clients see them.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

#include "engine/operations/executor.h"
#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"
#include "server/auth/identities.h"
#include "server/rulebook_service.h"

namespace pistis::server {
namespace {

using ::testing::HasSubstr;

constexpr int kSales = 600;

class SimulationStreamTest : public testing::Test {
 protected:
  SimulationStreamTest() {
    OpenWith("rules:\n  - {id: base, earn: {points: 1}}\n", shop_);
    for (int i = 0; i < kSales; ++i) {
      EXPECT_TRUE(
          shop_.Commit(SaleRequest(absl::StrCat("o", i), "", {100})).ok());
    }
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
    service_ = std::make_unique<RulebookService>(
        *room_, SimulationRoom{.pool = pool_, .folder = folder_});
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::RulebookService::NewStub(server_->InProcessChannel({}));
  }
  ~SimulationStreamTest() override {
    server_->Shutdown();
    std::filesystem::remove_all(folder_);
  }

  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::SimulateRulebookResponse>> stream;

    // The last step that came, and what the call ended with.
    v1::SimulateRulebookResponse last;
    int steps = 0;
    grpc::Status ReadToTheEnd() {
      for (v1::SimulateRulebookResponse step; stream->Read(&step); ++steps)
        last = step;
      return stream->Finish();
    }
  };

  std::unique_ptr<Call> Simulate() {
    auto call = std::make_unique<Call>();
    v1::SimulateRulebookRequest request;
    request.set_program_id(std::string(kShop));
    request.set_version(1);
    call->stream = stub_->SimulateRulebook(&call->context, request);
    return call;
  }

  // Holds the pool's one thread, from now until it is told.
  void HoldPool(absl::Notification& until) {
    absl::Notification begun;
    ASSERT_TRUE(pool_.Run([&begun, &until] {
      begun.Notify();
      until.WaitForNotification();
    }));
    begun.WaitForNotification();
  }

  [[nodiscard]] bool NothingIsLeft() const {
    return !std::filesystem::exists(folder_) ||
           std::filesystem::is_empty(folder_);
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  std::unique_ptr<Executor> executor_;
  ReadPool reads_{1, 16};
  ReadPool pool_{1, 16};
  std::atomic<bool> stopping_{false};
  const std::unique_ptr<Identities> identities_ = *Identities::Open(
      *store_.GetSnapshot(), clock_, {.identity = Identity::kNotAsked});
  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "pistis_simulations_", getpid());
  std::unique_ptr<EngineRoom> room_;
  std::unique_ptr<RulebookService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::RulebookService::Stub> stub_;
};

TEST_F(SimulationStreamTest, ItTellsHowFarItIsAndThenWhatItFound) {
  const auto call = Simulate();
  const grpc::Status status = call->ReadToTheEnd();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_GT(call->steps, 1);
  ASSERT_TRUE(call->last.has_report());
  EXPECT_EQ(call->last.report().current().orders(), kSales);
  EXPECT_EQ(call->last.report().candidate_version(), 1);
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(SimulationStreamTest, OneRunsAtATimeAndOthersWaitTheirTurn) {
  absl::Notification refused;
  HoldPool(refused);
  // One more than may wait: whichever comes last is refused at once.
  constexpr int kPlaces = kLongWorkPlaces.in_all;
  absl::Mutex mutex;
  std::vector<grpc::Status> ends;
  std::vector<std::thread> callers;
  for (int i = 0; i < kPlaces + 1; ++i) {
    callers.emplace_back([&] {
      const grpc::Status end = Simulate()->ReadToTheEnd();
      const absl::MutexLock lock(&mutex);
      ends.push_back(end);
      if (ends.size() == 1) refused.Notify();
    });
  }
  for (std::thread& caller : callers)
    caller.join();
  ASSERT_EQ(ends.size(), kPlaces + 1U);
  EXPECT_EQ(ends.front().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(ends.front().error_message(), HasSubstr("too many do"));
  for (size_t i = 1; i < ends.size(); ++i)
    EXPECT_TRUE(ends[i].ok()) << ends[i].error_message();
  EXPECT_TRUE(Simulate()->ReadToTheEnd().ok());
}

TEST_F(SimulationStreamTest, ItEndsSoonWhereTheClientGoes) {
  absl::Notification busy_no_more;
  HoldPool(busy_no_more);
  const auto call = Simulate();
  call->context.TryCancel();
  EXPECT_EQ(call->ReadToTheEnd().error_code(), grpc::StatusCode::CANCELLED);
  busy_no_more.Notify();
  const auto begin = std::chrono::steady_clock::now();
  grpc::Status next;
  do {
    next = Simulate()->ReadToTheEnd();
  } while (next.error_code() == grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(next.ok()) << next.error_message();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  EXPECT_TRUE(NothingIsLeft());
}

TEST_F(SimulationStreamTest, ItEndsWhereTheServerStops) {
  stopping_ = true;
  EXPECT_EQ(Simulate()->ReadToTheEnd().error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(NothingIsLeft());
}

}  // namespace
}  // namespace pistis::server
