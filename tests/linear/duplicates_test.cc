// Copies of commands, many at once and over restarts: one effect each, and one
// answer.
#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/executor.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/testing.h"
#include "tests/linear/repeats.h"
#include "tests/linear/rounds.h"
#include "tests/linear/sender.h"

namespace pistis {
namespace {

constexpr int kWaves = 12;
constexpr int kWavesBetweenRestarts = 2;
constexpr int kThreads = 32;
// What a thread sends at once; the threads take copies of one command side by
// side, so that all of them are under way together.
constexpr size_t kAtOnce = 4;
constexpr size_t kMostCopies = 64;

// A command, as it is sent first, and its one answer once it has one.
struct Known {
  AnyRequest request;
  std::optional<Answer> answer;
  // Sent with two contents at once: the one that came first counts.
  bool contested = false;
};

// One copy of a command, or of what contradicts it.
struct Copy {
  size_t command = 0;
  bool altered = false;
};

// Whether the id of a command that was answered so is taken for ever.
bool TakesItsId(const AnyRequest& request, const Answer& answer) {
  return answer.accepted() ||
         !std::holds_alternative<v1::CommitOrderRequest>(request);
}

class DuplicatesTest : public testing::Test {
 protected:
  void SetUp() override {
    Start();
    OpenForRepeats(*shop_);
    Restart();
  }

  int Below(size_t limit) {
    return std::uniform_int_distribution<int>(
        0, static_cast<int>(limit) - 1)(random_);
  }

  // Opens the store; the executor follows with the first wave.
  void Start() {
    auto store = RocksDbStore::Open({.path = directory_.path()});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    shop_ = std::make_unique<TestShop>(*store_, clock_);
  }
  void Restart() {
    executor_.reset();
    shop_.reset();
    store_.reset();
    Start();
    auto executor = Executor::Start(
        *store_, clock_, {},
        [](const absl::Status& cause) { ADD_FAILURE() << cause; });
    ASSERT_TRUE(executor.ok()) << executor.status();
    executor_ = *std::move(executor);
    clock_.Advance(absl::Hours(20));
  }

  using Group = std::vector<Copy>;
  std::vector<Group> NewCommands(size_t count);
  void AddCopies(size_t count, std::vector<Group>& groups);
  std::vector<Copy> Repeats(size_t count);
  std::vector<Copy> PlanWave(int wave, size_t size);
  void RunWave(const std::vector<Copy>& copies);
  std::vector<Sent> SendAll(const std::vector<Copy>& copies);
  void CheckCopy(const Copy& copy, const Sent& sent);
  void SettleContest(const Copy& copy, const Sent& sent);
  void CheckWrites(const std::vector<Copy>& copies,
                   const std::vector<Sent>& sent);
  void CheckBooks();

  const uint64_t seed_ = TestSeed();
  const testing::ScopedTrace trace_{__FILE__, __LINE__,
                                    absl::StrCat("PISTIS_TEST_SEED=", seed_)};
  const TemporaryDirectory directory_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  std::mt19937_64 random_{seed_};
  CommandMaker maker_{seed_};
  std::unique_ptr<RocksDbStore> store_;
  std::unique_ptr<TestShop> shop_;
  std::unique_ptr<Executor> executor_;
  std::vector<Known> known_;
  // Those that were answered in earlier waves.
  size_t answered_ = 0;
  // Copies of one command that were sent and not yet answered.
  int most_at_once_ = 0;
  int64_t duplicates_ = 0;
  int64_t refused_ = 0;
};

// New commands, each a group of its own.
std::vector<DuplicatesTest::Group> DuplicatesTest::NewCommands(size_t count) {
  std::vector<Group> groups;
  for (size_t i = 0; i < count; ++i) {
    known_.push_back({.request = maker_.Next(), .answer = {}});
    groups.push_back({{.command = known_.size() - 1}});
  }
  return groups;
}

// Copies beside the first one: mostly a few, now and then as many as there may
// be. Some commands are sent with two contents.
void DuplicatesTest::AddCopies(size_t count, std::vector<Group>& groups) {
  while (count > 0) {
    Group& group = groups[static_cast<size_t>(Below(groups.size()))];
    if (group.size() >= kMostCopies) continue;
    if (group.size() > 1) {
      group.push_back(group.front());
      --count;
      continue;
    }
    Known& known = known_[group.front().command];
    const int size = Below(100);
    known.contested =
        size < 10 &&
        (std::holds_alternative<v1::EarnPointsRequest>(known.request) ||
         std::holds_alternative<v1::RedeemPointsRequest>(known.request));
    const size_t more = size < 95 ? 1U + static_cast<size_t>(Below(4))
                                  : kMostCopies - group.size();
    for (size_t i = 0; i < std::min(more, count); ++i) {
      group.push_back({.command = group.front().command,
                       .altered = known.contested && i % 2 == 0});
    }
    count -= std::min(more, count);
  }
}

// Copies of what was answered in earlier waves, some with other content.
std::vector<Copy> DuplicatesTest::Repeats(size_t count) {
  std::vector<Copy> copies;
  while (copies.size() < count && answered_ > 0) {
    const auto command = static_cast<size_t>(Below(answered_));
    const Known& known = known_[command];
    copies.push_back(
        {.command = command,
         .altered = Below(3) == 0 && TakesItsId(known.request, *known.answer)});
  }
  return copies;
}

std::vector<Copy> DuplicatesTest::PlanWave(int wave, size_t size) {
  const size_t duplicates = size * 3 / 10;
  std::vector<Group> groups = NewCommands(size - duplicates);
  // Right after a restart much that was answered before it; else as many copies
  // of one command as there may be.
  const std::vector<Copy> late =
      Repeats(wave % kWavesBetweenRestarts == 0 ? duplicates * 2 / 3 : 0);
  size_t copies_left = duplicates - late.size();
  if (late.empty() && copies_left >= kMostCopies) {
    groups[0].resize(kMostCopies, groups[0].front());
    copies_left -= kMostCopies - 1;
  }
  AddCopies(copies_left, groups);
  for (const Copy& copy : late)
    groups.push_back({copy});
  std::shuffle(groups.begin(), groups.end(), random_);
  std::vector<Copy> copies;
  for (const Group& group : groups) {
    copies.insert(copies.end(), group.begin(), group.end());
  }
  duplicates_ += static_cast<int64_t>(duplicates);
  return copies;
}

std::vector<Sent> DuplicatesTest::SendAll(const std::vector<Copy>& copies) {
  std::vector<Sent> sent(copies.size());
  for (size_t i = 0; i < copies.size(); ++i) {
    const AnyRequest& request = known_[copies[i].command].request;
    sent[i].request = copies[i].altered ? Altered(request) : request;
  }
  Sender sender(*executor_, shop_->env(), clock_);
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (size_t at = next.fetch_add(kAtOnce); at < sent.size();
           at = next.fetch_add(kAtOnce)) {
        sender.SendAll(absl::MakeSpan(sent).subspan(at, kAtOnce));
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  return sent;
}

// The content that was answered first is the command's from then on.
void DuplicatesTest::SettleContest(const Copy& copy, const Sent& sent) {
  Known& known = known_[copy.command];
  if (NameOf(sent.answer) == "REQUEST_ID_REUSED" || known.answer) return;
  if (copy.altered) known.request = sent.request;
  known.answer = sent.answer;
}

void DuplicatesTest::CheckCopy(const Copy& copy, const Sent& sent) {
  Known& known = known_[copy.command];
  if (!known.answer) known.answer = sent.answer;
  const bool same = TextOf(sent.request) == TextOf(known.request);
  if (same) {
    EXPECT_EQ(sent.answer, *known.answer)
        << TextOf(sent.request) << ": " << NameOf(sent.answer) << " and "
        << NameOf(*known.answer);
  } else {
    EXPECT_EQ(NameOf(sent.answer), "REQUEST_ID_REUSED") << TextOf(sent.request);
    EXPECT_FALSE(sent.wrote) << TextOf(sent.request);
  }
}

// Of all copies of a command one writes; none where an order is refused, or
// where the command was answered before.
void DuplicatesTest::CheckWrites(const std::vector<Copy>& copies,
                                 const std::vector<Sent>& sent) {
  std::vector<int> writes(known_.size());
  for (size_t i = 0; i < copies.size(); ++i) {
    if (sent[i].wrote) ++writes[copies[i].command];
  }
  for (size_t i = 0; i < writes.size(); ++i) {
    const Known& known = known_[i];
    const bool wanted =
        i >= answered_ && TakesItsId(known.request, *known.answer);
    EXPECT_EQ(writes[i], wanted ? 1 : 0)
        << TextOf(known.request) << " -> " << NameOf(*known.answer);
  }
}

// How many copies of one command were under way at once at most.
int MostAtOnce(const std::vector<Copy>& copies, const std::vector<Sent>& sent) {
  std::map<size_t, std::map<int64_t, int>> changes;
  for (size_t i = 0; i < copies.size(); ++i) {
    changes[copies[i].command][sent[i].sent_at] = 1;
    changes[copies[i].command][sent[i].answered_at] = -1;
  }
  int most = 0;
  for (const auto& [command, moments] : changes) {
    int now = 0;
    for (const auto& [moment, change] : moments) {
      now += change;
      most = std::max(most, now);
    }
  }
  return most;
}

void DuplicatesTest::RunWave(const std::vector<Copy>& copies) {
  const std::vector<Sent> sent = SendAll(copies);
  for (size_t i = 0; i < copies.size(); ++i) {
    if (known_[copies[i].command].contested) SettleContest(copies[i], sent[i]);
  }
  for (size_t i = 0; i < copies.size(); ++i) {
    CheckCopy(copies[i], sent[i]);
  }
  CheckWrites(copies, sent);
  most_at_once_ = std::max(most_at_once_, MostAtOnce(copies, sent));
  for (; answered_ < known_.size(); ++answered_) {
    const Known& known = known_[answered_];
    maker_.Learn(known.request, *known.answer);
    if (!known.answer->accepted()) ++refused_;
  }
}

void DuplicatesTest::CheckBooks() {
  const ProgramId program(kShop);
  const Books& books = maker_.books();
  for (const auto& [member, wanted] : books.members) {
    v1::GetAccountRequest request;
    request.set_program_id(program.text());
    request.set_member_id(member);
    const auto account = shop_->Ask(GetAccount, request);
    ASSERT_TRUE(account.ok()) << account.status();
    const auto record = GetExpectedRecord<store::v1::AccountRecord>(
        *store_->GetSnapshot(), AccountKey(program, MemberId(member)));
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(account->available(), wanted.available) << member;
    EXPECT_EQ(account->held(), wanted.held) << member;
    EXPECT_EQ(record->entries(), wanted.entries) << member;
  }
  const auto totals = GetExpectedRecord<store::v1::TotalsRecord>(
      *store_->GetSnapshot(), TotalsKey(program));
  ASSERT_TRUE(totals.ok()) << totals.status();
  EXPECT_EQ(totals->members(), static_cast<int64_t>(books.members.size()));
  EXPECT_EQ(totals->orders(), books.orders);
  EXPECT_EQ(totals->refunds(), books.refunds);
  EXPECT_EQ(totals->codes_used(), books.codes_used);
  EXPECT_EQ(Audit(*shop_, program), std::vector<std::string>());
}

TEST_F(DuplicatesTest, EachCommandTakesEffectOnceHoweverOftenItIsSent) {
  const auto size = static_cast<size_t>(DuplicateCommands() / kWaves);
  int restarts = 0;
  for (int wave = 0; wave < kWaves; ++wave) {
    if (wave > 0 && wave % kWavesBetweenRestarts == 0) {
      Restart();
      ++restarts;
    }
    RunWave(PlanWave(wave, size));
    if (HasFatalFailure() || HasNonfatalFailure()) break;
  }
  CheckBooks();
  Restart();
  ++restarts;
  const Contents before = shop_->All();
  RunWave(Repeats(size));
  EXPECT_TRUE(shop_->All() == before) << "copies alone changed what is stored";
  CheckBooks();
  EXPECT_GT(refused_, 0);
  std::cout << known_.size() << " commands, " << refused_ << " refused, "
            << duplicates_ << " duplicates beside them, up to " << most_at_once_
            << " of one under way at once, and " << size << " afterwards, "
            << restarts << " restarts\n";
}

}  // namespace
}  // namespace pistis
