// Kills the real server in the middle of its work, again and again, and holds
// what it finds on disk against what it had acknowledged.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

#include "tests/crash/audit.h"
#include "tests/crash/books.h"
#include "tests/crash/client.h"
#include "tests/crash/client_loop.h"
#include "tests/support/server_process.h"
#include "tests/support/temp_dir.h"

namespace pistis::crash {
namespace {

constexpr int kLoops = 64;
// Loops share connections: a real shop's tills do behind their proxy.
constexpr int kConnections = 16;

// The whole number in an environment variable, or `fallback`.
uint64_t FromEnvironment(const char* name, uint64_t fallback) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  uint64_t value = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &value)) return fallback;
  return value;
}

// How many orders of a journal were acknowledged.
int64_t Acknowledged(const Journal& journal) {
  return std::count_if(
      journal.begin(), journal.end(),
      [](const OrderRecord& record) { return record.acknowledged; });
}

class CrashTest : public testing::Test {
 protected:
  static_assert(kConnections >= kWorkers);

  CrashTest() : random_(static_cast<uint32_t>(seed_)) {
    shop_.seed = seed_;
    std::cout << "PISTIS_CRASH_SEED=" << seed_
              << " PISTIS_CRASH_CYCLES=" << cycles_
              << " PISTIS_CRASH_SECONDS=" << seconds_ << std::endl;
  }

  // Starts the server on what is on disk.
  absl::Status StartServer() {
    ServerOptions options;
    options.data_dir = folder_.path() + "/data";
    auto server = ServerProcess::Start(options);
    if (!server.ok()) return server.status();
    server_ = *std::move(server);
    std::vector<std::unique_ptr<Client>> clients(kConnections);
    for (auto& client : clients) {
      client = std::make_unique<Client>(server_->address());
    }
    shop_.clients = std::move(clients);
    return absl::OkStatus();
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
        Journal part = RunClientLoop(*shop_.clients[loop % kConnections], seed_,
                                     {.cycle = cycle, .loop = loop}, findings_);
        absl::MutexLock lock(&mutex);
        std::move(part.begin(), part.end(), std::back_inserter(journal));
      });
    }
    std::uniform_real_distribution<double> moment(0.2, 1.0);
    absl::SleepFor(absl::Seconds(seconds_ * moment(random_)));
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
    EXPECT_EQ(server_->Stop(), absl::OkStatus());
    ASSERT_EQ(StartServer(), absl::OkStatus());
    EnterOrders(shop_, all_, books_, findings_);
    EXPECT_EQ(books_.size(), all_.size());
    Audit();
    EXPECT_TRUE(findings_.Text().empty()) << findings_.Text();
  }

  const uint64_t seed_ =
      FromEnvironment("PISTIS_CRASH_SEED", std::random_device{}());
  const int cycles_ =
      static_cast<int>(FromEnvironment("PISTIS_CRASH_CYCLES", 2));
  const int seconds_ =
      static_cast<int>(FromEnvironment("PISTIS_CRASH_SECONDS", 3));
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
  ASSERT_EQ(pistis::crash::SetUp(*shop_.clients[0]).error_message(), "");
  for (int cycle = 1; cycle <= cycles_ && !HasFatalFailure(); ++cycle) {
    CrashOnce(cycle);
  }
  if (!HasFatalFailure()) StopAndCompare();
}

}  // namespace
}  // namespace pistis::crash
