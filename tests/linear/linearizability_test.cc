// Many clients at once: what they see is what one after another would have
// seen.
#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/executor.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/testing.h"
#include "tests/linear/history.h"
#include "tests/linear/rounds.h"
#include "tests/linear/sender.h"
#include "tests/linear/traffic.h"

namespace pistis {
namespace {

using testing::IsEmpty;

constexpr int kClients = 16;
// What a client has under way at most: together more than the executor takes
// while a batch is being synced, so that batches fill behind each other.
constexpr int kUnderWay = 12;

const absl::Time kStart = TimeAt("2026-01-10 10:00");

int64_t CommittedIn(const Store& store) {
  const auto last = FindLastCommit(*store.GetSnapshot());
  EXPECT_TRUE(last.ok()) << last.status();
  return last.ok() ? last->commit_seq : 0;
}

// What a run is made of.
struct Room {
  Store& store;
  const TestShop& shop;
  const Clock& clock;
};

// One client: it sends some requests at once, waits, and looks.
History RunClient(const Room& room, Sender& sender, Traffic traffic,
                  Rumours& rumours) {
  History history;
  for (int left = LinearCommands() / kClients; left > 0;) {
    std::vector<Sent> round(std::min(left, 1 + traffic.Below(kUnderWay)));
    left -= static_cast<int>(round.size());
    for (Sent& sent : round)
      sent.request = traffic.Next();
    sender.SendAll(absl::MakeSpan(round));
    const int64_t visible = CommittedIn(room.store);
    for (Sent& sent : round) {
      EXPECT_LE(sent.context.commit_seq - (sent.wrote ? 0 : 1), visible)
          << "what was answered is there to be read";
      rumours.Hear(sent.request, sent.answer);
      history.push_back(std::move(sent));
    }
  }
  return history;
}

History RunClients(const Room& room, uint64_t seed) {
  auto executor = Executor::Start(
      room.store, room.clock, {},
      [](const absl::Status& cause) { ADD_FAILURE() << cause; });
  EXPECT_TRUE(executor.ok()) << executor.status();
  Sender sender(**executor, room.shop.env(), room.clock);
  Rumours rumours;
  std::vector<History> parts(kClients);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&, i] {
      parts[i] = RunClient(
          room, sender,
          Traffic(seed + static_cast<uint64_t>(i), rumours, room.clock),
          rumours);
    });
  }
  for (std::thread& client : clients)
    client.join();
  History history;
  for (History& part : parts) {
    std::move(part.begin(), part.end(), std::back_inserter(history));
  }
  return history;
}

// Everything but when time was last looked at.
Contents WithoutSequence(const Store& store) {
  Contents contents = ContentsOf(*store.GetSnapshot());
  contents.erase(SequenceKey());
  return contents;
}

void ExpectSameContents(const Store& run, const Store& replayed) {
  EXPECT_EQ(CommittedIn(run), CommittedIn(replayed));
  const Contents left = WithoutSequence(run);
  const Contents right = WithoutSequence(replayed);
  if (left == right) return;
  int shown = 0;
  for (const auto& [key, value] : left) {
    const auto other = right.find(key);
    if (other != right.end() && other->second == value) continue;
    ADD_FAILURE() << "other than one by one: " << testing::PrintToString(key);
    if (++shown == 10) return;
  }
  EXPECT_EQ(left.size(), right.size()) << "records that the run has not";
}

// Each kind was accepted; and the clients were in each other's way.
void ExpectConflicts(const History& history) {
  std::set<std::string> seen;
  for (const Sent& sent : history) {
    seen.insert(absl::StrCat(KindOf(sent.request), " ", NameOf(sent.answer)));
  }
  for (const char* wanted : {"CommitOrder OK",
                             "RefundOrder OK",
                             "HoldOrder OK",
                             "CancelReservation OK",
                             "EarnPoints OK",
                             "RedeemPoints OK",
                             "HoldPoints OK",
                             "CaptureHold OK",
                             "ReleaseHold OK",
                             "AdjustPoints OK",
                             "TransferPoints OK",
                             "ReverseEntry OK",
                             "CreateMember OK",
                             "PublishRulebook OK",
                             "WorkOffDue OK",
                             "CommitOrder CODE_USED",
                             "RedeemPoints INSUFFICIENT_POINTS",
                             "CaptureHold HOLD_NOT_OPEN",
                             "CommitOrder RESERVATION_NOT_OPEN",
                             "CommitOrder RESERVATION_EXPIRED",
                             "RefundOrder REFUND_EXCEEDS_ORDER",
                             "CreateMember ALREADY_EXISTS",
                             "EarnPoints REQUEST_ID_REUSED",
                             "ReverseEntry ENTRY_NOT_REVERSIBLE"}) {
    EXPECT_TRUE(seen.contains(wanted)) << "never met: " << wanted;
  }
}

std::vector<std::string> First(std::vector<std::string> faults) {
  constexpr size_t kShown = 5;
  if (faults.size() > kShown) {
    const size_t more = faults.size() - kShown;
    faults.resize(kShown);
    faults.push_back(absl::StrCat("and ", more, " more"));
  }
  return faults;
}

// Runs the clients on an empty store; what they left is in it.
struct Recorded {
  History history;
  int64_t first_seq = 0;
};
Recorded RunOn(Store& store, const Clock& clock, uint64_t seed) {
  FakeClock opening(kStart);
  TestShop shop(store, opening);
  OpenForTraffic(shop);
  Recorded run;
  run.first_seq = CommittedIn(store) + 1;
  run.history =
      RunClients({.store = store, .shop = shop, .clock = clock}, seed);
  return run;
}

void Check(const Recorded& run, Store& store, absl::Time ended) {
  FakeClock clock(kStart);
  MemoryStore alone;
  TestShop shop(alone, clock);
  OpenForTraffic(shop);
  EXPECT_THAT(First(NumberFaults(run.history, run.first_seq)), IsEmpty());
  EXPECT_THAT(First(OrderFaults(run.history)), IsEmpty());
  EXPECT_THAT(First(ReplayFaults(run.history, shop, alone)), IsEmpty());
  ExpectSameContents(store, alone);
  clock.Set(ended);
  EXPECT_THAT(First(Audit(TestShop(store, clock), ProgramId(kShop))),
              IsEmpty());
  ExpectConflicts(run.history);
  std::cout << absl::StrJoin(Counts(run.history), "\n") << "\n";
}

TEST(LinearizabilityTest, ClientsInMemorySeeOneOrder) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  const SteppingClock clock(kStart, absl::Minutes(5));
  MemoryStore store;
  const Recorded run = RunOn(store, clock, seed);
  Check(run, store, clock.Now());
}

TEST(LinearizabilityTest, ClientsOnDiskSeeOneOrderAndARestartKeepsIt) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  const SteppingClock clock(kStart, absl::Minutes(5));
  const TemporaryDirectory directory;
  auto store = RocksDbStore::Open({.path = directory.path()});
  ASSERT_TRUE(store.ok()) << store.status();
  const Recorded run = RunOn(**store, clock, seed);
  store->reset();
  store = RocksDbStore::Open({.path = directory.path()});
  ASSERT_TRUE(store.ok()) << store.status();
  Check(run, **store, clock.Now());
}

}  // namespace
}  // namespace pistis
