// A disk that loses power, runs full or fails: what was acknowledged is there,
// what was not is there whole or not at all.
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/status.h"

#include "engine/storage/rocksdb/faulty_disk.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/status.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

constexpr int kKeys = 300;
// The smallest that RocksDB takes: a flush after every few commits.
constexpr size_t kWriteBufferBytes = size_t{64} << 10;

std::string RandomValue(std::mt19937_64& bits) {
  std::string value(1 + bits() % 4000, '\0');
  for (char& byte : value)
    byte = static_cast<char>(bits());
  return value;
}

// A store on a bad disk, and what it must hold.
class Life {
 public:
  explicit Life(uint64_t seed) : bits_(seed) {}

  std::mt19937_64& bits() { return bits_; }
  FaultyFileSystem& disk() { return *disk_.files; }
  const Contents& acknowledged() const { return acknowledged_; }
  bool is_open() const { return store_ != nullptr; }

  // Where it opens, all that was acknowledged is there, and of the write that
  // was not all or nothing; from then on that is what must be there.
  absl::Status Open() {
    auto opened = RocksDbStore::Open({.path = directory_.path(),
                                      .write_buffer_bytes = kWriteBufferBytes,
                                      .env = disk_.env.get()});
    if (!opened.ok()) return opened.status();
    store_ = *std::move(opened);
    const Contents found = ContentsOf(*store_->GetSnapshot());
    EXPECT_TRUE(found == acknowledged_ || found == with_last_)
        << found.size() << " keys, " << acknowledged_.size()
        << " acknowledged, " << with_last_.size() << " with the last write";
    acknowledged_ = found;
    with_last_ = found;
    return absl::OkStatus();
  }

  void Close() { store_.reset(); }

  absl::Status CommitSomething() {
    const auto txn = store_->Begin();
    with_last_ = acknowledged_;
    for (uint64_t writes = 1 + bits_() % 12; writes > 0; --writes) {
      const std::string key = absl::StrCat("key/", bits_() % kKeys);
      if (bits_() % 4 == 0) {
        txn->Delete(key);
        with_last_.erase(key);
      } else {
        with_last_[key] = RandomValue(bits_);
        txn->Put(key, with_last_[key]);
      }
    }
    const absl::Status committed = txn->Commit();
    if (committed.ok()) acknowledged_ = with_last_;
    return committed;
  }

  // A commit that must not succeed: what is expected stays as it is.
  absl::Status CommitInVain() {
    return CommitAll(*store_, {{"never", "acknowledged"}});
  }

  // What readers see now.
  Contents Visible() const { return ContentsOf(*store_->GetSnapshot()); }

 private:
  std::mt19937_64 bits_;
  TemporaryDirectory directory_;
  FaultyDisk disk_;
  std::unique_ptr<RocksDbStore> store_;
  Contents acknowledged_;
  Contents with_last_;
};

// Of the order of what a handful of commits, their flushes and compactions, or
// an opening do to the disk.
constexpr uint64_t kOperationsBeforePowerCut = 250;
constexpr int kCommitsPerLife = 60;

// Lives until the power goes, wherever that is: in opening, in a commit, in a
// flush, in a compaction.
void LiveUntilPowerCut(Life& life) {
  life.disk().Plan({.fault = DiskFault::kPowerCut,
                    .after = static_cast<int64_t>(life.bits()() %
                                                  kOperationsBeforePowerCut)});
  absl::Status status = life.Open();
  for (int i = 0; status.ok() && i < kCommitsPerLife; ++i) {
    status = life.CommitSomething();
  }
  EXPECT_TRUE(status.ok() || life.disk().has_struck()) << status;
  if (life.is_open()) {
    EXPECT_TRUE(life.Visible() == life.acknowledged());
  }
  life.Close();
}

TEST(DiskFaultsTest, PowerLossAtAnyMomentLosesNothingAcknowledged) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  Life life(seed);
  const int rounds = RoundsFrom("PISTIS_POWER_LOSS_ROUNDS", 60);
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    LiveUntilPowerCut(life);
    life.disk().LosePower(life.bits()() % 3 == 0
                              ? std::nullopt
                              : std::optional<uint64_t>(life.bits()()));
  }
  const absl::Status reopened = life.Open();
  EXPECT_TRUE(reopened.ok()) << reopened;
}

using Fault = std::tuple<DiskFault, DiskOperation, DiskFiles>;

class FailingDiskTest : public testing::TestWithParam<Fault> {
 protected:
  static DiskFaultPlan PlanAfter(int64_t operations) {
    const auto& [fault, operation, files] = GetParam();
    return {.fault = fault,
            .operation = operation,
            .files = files,
            .after = operations};
  }
};

TEST_P(FailingDiskTest, NothingIsAcknowledgedAfterAFailure) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  Life life(seed);
  for (int round = 0; round < 3; ++round) {
    SCOPED_TRACE(absl::StrCat("round ", round));
    ASSERT_TRUE(life.Open().ok());
    life.disk().Plan(PlanAfter(static_cast<int64_t>(life.bits()() % 8)));
    absl::Status failed;
    for (int i = 0; failed.ok() && i < 1000; ++i) {
      failed = life.CommitSomething();
    }
    ASSERT_TRUE(life.disk().has_struck());
    const absl::StatusCode expected =
        std::get<DiskFault>(GetParam()) == DiskFault::kNoSpace
            ? absl::StatusCode::kResourceExhausted
            : absl::StatusCode::kUnavailable;
    EXPECT_EQ(failed.code(), expected) << failed;
    EXPECT_TRUE(life.Visible() == life.acknowledged());

    life.disk().Heal();
    const absl::Status late = life.CommitInVain();
    EXPECT_EQ(late.code(), absl::StatusCode::kFailedPrecondition) << late;
    EXPECT_TRUE(life.Visible() == life.acknowledged());
    life.Close();
    if (round > 0) life.disk().LosePower(std::nullopt);
  }
  ASSERT_TRUE(life.Open().ok());
  EXPECT_TRUE(life.CommitSomething().ok());
}

// As RocksDB ends a write that it held back while a table could not be written.
absl::StatusCode CodeOfWaiting(const rocksdb::Status& failure) {
  return FromRocksDb(rocksdb::Status::Incomplete(failure.ToString()), "commit")
      .code();
}

TEST(DiskFaultsTest, AWriteThatWaitedForATableFailsAsTheTableDid) {
  EXPECT_EQ(CodeOfWaiting(rocksdb::Status::NoSpace("the disk is full")),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(CodeOfWaiting(rocksdb::Status::IOError("the disk is gone")),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(CodeOfWaiting(rocksdb::Status::Corruption("a block")),
            absl::StatusCode::kDataLoss);
}

std::string FaultName(const testing::TestParamInfo<Fault>& info) {
  const auto& [fault, operation, files] = info.param;
  return absl::StrCat(fault == DiskFault::kNoSpace ? "FullDisk" : "BrokenDisk",
                      operation == DiskOperation::kSync ? "Sync" : "Append",
                      files == DiskFiles::kLogs     ? "Log"
                      : files == DiskFiles::kTables ? "Table"
                                                    : "Manifest");
}

INSTANTIATE_TEST_SUITE_P(
    AllFaults, FailingDiskTest,
    testing::Combine(testing::Values(DiskFault::kIoError, DiskFault::kNoSpace),
                     testing::Values(DiskOperation::kAppend,
                                     DiskOperation::kSync),
                     testing::Values(DiskFiles::kLogs, DiskFiles::kTables,
                                     DiskFiles::kManifests)),
    FaultName);

}  // namespace
}  // namespace pistis
