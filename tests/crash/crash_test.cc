// Kills the real server in the middle of its work, again and again, and holds
// what it finds on disk against what it had acknowledged.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

#include "tests/crash/audit.h"
#include "tests/crash/books.h"
#include "tests/crash/client.h"
#include "tests/crash/client_loop.h"
#include "tests/crash/settings.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace pistis::crash {
namespace {

constexpr int kLoops = 64;

// How many orders of a journal were acknowledged.
int64_t Acknowledged(const Journal& journal) {
  return std::count_if(
      journal.begin(), journal.end(),
      [](const OrderRecord& record) { return record.acknowledged; });
}

class CrashTest : public testing::Test {
 protected:
  CrashTest() : random_(static_cast<uint32_t>(settings_.seed)) {
    shop_.seed = settings_.seed;
  }

  // Starts the server on what is on disk.
  absl::Status StartServer() {
    auto server = OpenShop(folder_.path() + "/data", shop_);
    if (server.ok()) server_ = *std::move(server);
    return server.status();
  }

  // All loops at work until the server is killed at a random moment. Returns
  // what they sent.
  Journal LoadAndKill(int cycle) {
    absl::Mutex mutex;
    Journal journal;
    std::vector<std::thread> loops;
    loops.reserve(kLoops);
    for (int loop = 0; loop < kLoops; ++loop) {
      loops.emplace_back([this, cycle, loop, &mutex, &journal] {
        Journal part =
            RunClientLoop(*shop_.clients[loop % kConnections], shop_.seed,
                          {.cycle = cycle, .loop = loop}, findings_);
        absl::MutexLock lock(&mutex);
        std::move(part.begin(), part.end(), std::back_inserter(journal));
      });
    }
    std::uniform_real_distribution<double> moment(0.2, 1.0);
    absl::SleepFor(absl::Seconds(settings_.seconds * moment(random_)));
    server_->Kill();
    for (std::thread& loop : loops)
      loop.join();
    return journal;
  }

  // Holds entries, sums and events against the books.
  void Audit() {
    const LedgerSums sums = AuditLedger(shop_, books_, findings_);
    AuditStats(shop_, books_, sums, findings_);
    events_ = AuditEvents(shop_, books_, events_, findings_);
  }

  // Load, kill, start again, and compare, before and after everything is sent
  // once more.
  void CrashOnce(int cycle) {
    Journal journal = LoadAndKill(cycle);
    ASSERT_EQ(StartServer(), absl::OkStatus());
    EnterOrders(shop_, journal, books_, findings_);
    Audit();
    std::cout << "crash " << cycle << ": " << Acknowledged(journal)
              << " acknowledged of " << journal.size() << " sent, "
              << books_.size() << " held in all" << std::endl;
    ASSERT_TRUE(findings_.Text().empty()) << findings_.Text();
    SendAgain(shop_, journal, findings_);
    EnterOrders(shop_, journal, books_, findings_);
    ASSERT_TRUE(findings_.Text().empty()) << findings_.Text();
    std::move(journal.begin(), journal.end(), std::back_inserter(all_));
  }

  // An orderly end, a start, and everything read again.
  void StopAndCompare() {
    EXPECT_EQ(StopOrderly(*server_, shop_), absl::OkStatus());
    ASSERT_EQ(StartServer(), absl::OkStatus());
    EnterOrders(shop_, all_, books_, findings_);
    EXPECT_EQ(books_.size(), all_.size());
    Audit();
    EXPECT_TRUE(findings_.Text().empty()) << findings_.Text();
  }

  const Settings settings_ = ReadSettings(2, 1);
  std::minstd_rand random_;
  TempDir folder_;
  Findings findings_;
  Shop shop_;
  Books books_;
  EventPrefix events_;
  Journal all_;
  std::unique_ptr<ServerProcess> server_;
};

// P3, P4 and P5 of the design, and as much of P2 as entries and sums show.
TEST_F(CrashTest, AcknowledgedSalesSurviveAndTheRestAreWholeOrAbsent) {
  ASSERT_EQ(StartServer(), absl::OkStatus());
  ASSERT_EQ(pistis::crash::SetUp(*shop_.clients[0], kRulebook).error_message(),
            "");
  for (int cycle = 1; cycle <= settings_.cycles && !HasFatalFailure();
       ++cycle) {
    CrashOnce(cycle);
  }
  if (!HasFatalFailure()) StopAndCompare();
}

}  // namespace
}  // namespace pistis::crash
