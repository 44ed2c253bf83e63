// Power losses: what was acknowledged is there, what was not is there whole or
// not at all, and the store opens again.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/rocksdb/faulty_disk.h"
#include "engine/storage/rocksdb/log_record.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kCommits = 12;
// Of the operating system.
constexpr size_t kPageBytes = 4 << 10;

// A database whose last commit never finished its sync, as the disk holds it.
class PowerLossTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened =
        RocksDbStore::Open({.path = live_.path(), .env = disk_.env.get()});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    for (int i = 0; i < kCommits; ++i) {
      const Contents batch = Batch(i);
      log_name_ = NewestLog(live_.path());
      synced_before_last_ = disk_.files->synced_bytes(log_name_);
      ASSERT_TRUE(CommitAll(*store_, batch).ok());
      acknowledged_.insert(batch.begin(), batch.end());
    }
    disk_.files->Plan(
        {.operation = DiskOperation::kSync, .files = DiskFiles::kLogs});
    const Contents last = Batch(kCommits);
    ASSERT_FALSE(CommitAll(*store_, last).ok());
    whole_ = acknowledged_;
    whole_.insert(last.begin(), last.end());
    log_ = ReadFile(log_name_);
    synced_ = disk_.files->synced_bytes(log_name_);
    ASSERT_GT(synced_, 0);
    ASSERT_GT(log_.size(), synced_ + 3 * kLogBlockBytes);
  }

  // Several blocks of the log each.
  static Contents Batch(int number) {
    Contents batch;
    std::mt19937 bits(static_cast<unsigned>(number));
    for (int i = 0; i < 250; ++i) {
      std::string value(400, '\0');
      for (char& byte : value)
        byte = static_cast<char>(bits());
      batch[absl::StrCat("batch/", number, "/", i)] = value;
    }
    return batch;
  }

  std::string LogNameIn(const std::string& directory) const {
    return absl::StrCat(directory, "/",
                        std::filesystem::path(log_name_).filename().string());
  }

  // Opens a copy of the database whose log is `log`, twice: the second time as
  // if the machine had died again after one more commit.
  absl::StatusOr<Contents> Recover(const std::string& log) {
    const TemporaryDirectory copy;
    CopyFiles(live_.path(), copy.path());
    WriteFile(LogNameIn(copy.path()), log);
    auto opened = RocksDbStore::Open({.path = copy.path()});
    if (!opened.ok()) return opened.status();
    Contents contents = ContentsOf(*(*opened)->GetSnapshot());
    EXPECT_TRUE(CommitAll(**opened, {{"life", "goes on"}}).ok());
    const TemporaryDirectory second;
    CopyFiles(copy.path(), second.path());
    auto again = RocksDbStore::Open({.path = second.path()});
    if (!again.ok()) return again.status();
    Contents expected = contents;
    expected["life"] = "goes on";
    EXPECT_TRUE(ContentsOf(*(*again)->GetSnapshot()) == expected);
    return contents;
  }

  void ExpectAcknowledgedIsThere(const std::string& log) {
    const auto found = Recover(log);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(*found == acknowledged_ || *found == whole_)
        << found->size() << " keys";
  }

  TemporaryDirectory live_;
  FaultyDisk disk_;
  std::unique_ptr<RocksDbStore> store_;
  Contents acknowledged_;
  Contents whole_;
  std::string log_name_;
  std::string log_;
  size_t synced_ = 0;
  size_t synced_before_last_ = 0;
};

TEST_F(PowerLossTest, TailThatReachedTheDiskIsWhole) {
  const auto found = Recover(log_);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_TRUE(*found == whole_);
}

TEST_F(PowerLossTest, TailCutAnywhereLosesNothingAcknowledged) {
  for (const size_t beyond :
       {size_t{0}, size_t{1}, size_t{6}, size_t{7}, size_t{11}, size_t{100},
        kPageBytes, kLogBlockBytes - 1, kLogBlockBytes, 2 * kLogBlockBytes + 5,
        log_.size() - synced_ - 1}) {
    SCOPED_TRACE(beyond);
    ExpectAcknowledgedIsThere(log_.substr(0, synced_ + beyond));
  }
}

TEST_F(PowerLossTest, TailOfZerosLosesNothingAcknowledged) {
  for (const size_t beyond :
       {size_t{0}, size_t{3}, size_t{500}, kPageBytes, kLogBlockBytes}) {
    SCOPED_TRACE(beyond);
    std::string log = log_;
    std::fill(log.begin() + static_cast<ptrdiff_t>(synced_ + beyond), log.end(),
              '\0');
    ExpectAcknowledgedIsThere(log);
  }
}

// Pages reach the disk in any order: a hole, then what was written later.
TEST_F(PowerLossTest, MissingPageInTheTailLosesNothingAcknowledged) {
  const size_t first_page = synced_ / kPageBytes + 1;
  for (size_t page = first_page; (page + 1) * kPageBytes < log_.size();
       page += 5) {
    SCOPED_TRACE(page);
    std::string log = log_;
    std::fill_n(log.begin() + static_cast<ptrdiff_t>(page * kPageBytes),
                kPageBytes, '\0');
    ExpectAcknowledgedIsThere(log);
  }
}

// Recovery has written its new files but not yet removed the torn log.
TEST_F(PowerLossTest, CrashDuringRecoveryLosesNothingAcknowledged) {
  const std::string torn = log_.substr(0, synced_ + kPageBytes);
  const TemporaryDirectory first;
  CopyFiles(live_.path(), first.path());
  WriteFile(LogNameIn(first.path()), torn);
  const auto recovering = RocksDbStore::Open({.path = first.path()});
  ASSERT_TRUE(recovering.ok()) << recovering.status();
  ASSERT_FALSE(std::filesystem::exists(LogNameIn(first.path())));
  const TemporaryDirectory second;
  CopyFiles(first.path(), second.path());
  WriteFile(LogNameIn(second.path()), torn);
  const auto recovered = RocksDbStore::Open({.path = second.path()});
  ASSERT_TRUE(recovered.ok()) << recovered.status();
  EXPECT_TRUE(ContentsOf(*(*recovered)->GetSnapshot()) == acknowledged_);
}

// Random bits flip before the last write. Where RocksDB alone would open and
// show fewer sales than were acknowledged, the store refuses.
TEST_F(PowerLossTest, FlippedBitNeverHidesAcknowledgedWrites) {
  const uint64_t seed = TestSeed();
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed));
  std::mt19937_64 bits(seed);
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    // With and without the write that was never acknowledged.
    std::string log = i % 2 == 0 ? log_ : log_.substr(0, synced_);
    const size_t certain = i % 2 == 0 ? synced_ : synced_before_last_;
    const size_t place = bits() % certain;
    SCOPED_TRACE(place);
    log[place] = static_cast<char>(log[place] ^ (1 << bits() % 8));
    const auto found = Recover(log);
    if (found.ok()) {
      // The bit was one of the few between blocks that mean nothing.
      EXPECT_TRUE(*found == acknowledged_ || *found == whole_);
    } else {
      EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss);
      ++refused;
    }
  }
  EXPECT_GT(refused, 50);
}

TEST_F(PowerLossTest, DamageSaysWhichFileAndWhere) {
  std::string log = log_;
  log[100] = static_cast<char>(log[100] ^ 1);
  const auto found = Recover(log);
  EXPECT_EQ(found.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(found.status().ToString(),
              AllOf(HasSubstr(".log is damaged at byte 0"),
                    HasSubstr("Restore a backup")));
}

// Small writes share one block of the log, where the next record is found by
// the length of the broken one.
TEST(LogCheckTest, SeesDamageBetweenSmallWrites) {
  const TemporaryDirectory killed;
  {
    const TemporaryDirectory live;
    auto store = RocksDbStore::Open({.path = live.path()});
    ASSERT_TRUE(store.ok()) << store.status();
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(
          CommitAll(**store, {{absl::StrCat("k", i), std::string(30, 'v')}})
              .ok());
    }
    CopyFiles(live.path(), killed.path());
  }
  const std::string name = NewestLog(killed.path());
  std::string log = ReadFile(name);
  const size_t third = log.find("k2");
  ASSERT_NE(third, std::string::npos);
  log[third] = static_cast<char>(log[third] ^ 4);
  WriteFile(name, log);
  EXPECT_EQ(RocksDbStore::Open({.path = killed.path()}).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pistis
