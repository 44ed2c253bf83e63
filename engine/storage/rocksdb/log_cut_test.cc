// The last records of a write-ahead log, cut at every byte and with every bit
// flipped.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/storage/rocksdb/faulty_disk.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/stopped_store.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

constexpr size_t kCommits = 8;
// Those from here on are cut and damaged.
constexpr size_t kFirstHarmed = 5;

// A database whose commits are all in one log, as kill -9 leaves it.
class LogCutTest : public testing::Test {
 protected:
  void SetUp() override {
    const TemporaryDirectory live;
    auto store = RocksDbStore::Open({.path = live.path()});
    ASSERT_TRUE(store.ok()) << store.status();
    prefixes_.emplace_back();
    ends_.push_back(0);
    for (size_t i = 0; i < kCommits; ++i) {
      const Contents writes = {{absl::StrCat("a", i), absl::StrCat("value", i)},
                               {"b", absl::StrCat("shared", i)}};
      ASSERT_TRUE(CommitAll(**store, writes).ok());
      Contents contents = prefixes_.back();
      for (const auto& [key, value] : writes)
        contents[key] = value;
      prefixes_.push_back(contents);
      ends_.push_back(ReadFile(NewestLog(live.path())).size());
    }
    CopyFiles(live.path(), killed_.path());
    log_name_ = NewestLog(killed_.path());
    log_ = ReadFile(log_name_);
    ASSERT_EQ(log_.size(), ends_.back());
  }

  // How many commits are whole in the first `bytes` of the log.
  size_t CommitsWithin(size_t bytes) const {
    return static_cast<size_t>(
        std::upper_bound(ends_.begin(), ends_.end(), bytes) - ends_.begin() -
        1);
  }

  absl::StatusOr<Contents> ReadStopped() const {
    const auto stopped = StoppedStore::Open({.path = killed_.path()});
    if (!stopped.ok()) return stopped.status();
    return ContentsOf(*(*stopped)->GetSnapshot());
  }

  // What a server finds, in a copy.
  absl::StatusOr<Contents> Recover() const {
    const TemporaryDirectory copy;
    CopyFiles(killed_.path(), copy.path());
    const FaultyDisk quick;
    const auto opened =
        RocksDbStore::Open({.path = copy.path(), .env = quick.env.get()});
    if (!opened.ok()) return opened.status();
    Contents contents = ContentsOf(*(*opened)->GetSnapshot());
    EXPECT_TRUE(CommitAll(**opened, {{"life", "goes on"}}).ok());
    return contents;
  }

  TemporaryDirectory killed_;
  std::string log_name_;
  std::string log_;
  // After each number of commits: what the store holds, where the log ends.
  std::vector<Contents> prefixes_;
  std::vector<size_t> ends_;
};

TEST_F(LogCutTest, CutAtAnyByteItHoldsTheCommitsBeforeTheCut) {
  for (size_t cut = ends_[kFirstHarmed]; cut <= log_.size(); ++cut) {
    SCOPED_TRACE(cut);
    WriteFile(log_name_, absl::string_view(log_).substr(0, cut));
    const Contents& expected = prefixes_[CommitsWithin(cut)];
    const auto recovered = Recover();
    ASSERT_TRUE(recovered.ok()) << recovered.status();
    EXPECT_EQ(*recovered, expected);
    const auto read = ReadStopped();
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, expected);
  }
}

// Also in the last write of all, where a torn one would pass.
TEST_F(LogCutTest, AnyFlippedBitIsRefused) {
  for (size_t byte = ends_[kFirstHarmed]; byte < log_.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(absl::StrCat("byte ", byte, " bit ", bit));
      const FlippedBit flipped(log_name_, byte, bit);
      EXPECT_EQ(ReadStopped().status().code(), absl::StatusCode::kDataLoss);
    }
  }
}

TEST_F(LogCutTest, AnyFlippedBitOfTheManifestIsRefused) {
  const std::string manifest =
      FilesContaining(killed_.path(), "MANIFEST").back();
  const size_t bytes = ReadFile(manifest).size();
  for (size_t byte = 0; byte < bytes; ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      SCOPED_TRACE(absl::StrCat("byte ", byte, " bit ", bit));
      const FlippedBit flipped(manifest, byte, bit);
      EXPECT_EQ(ReadStopped().status().code(), absl::StatusCode::kDataLoss);
    }
  }
}

// All that the log held was torn: the next server finds nothing in it, and it
// must not be taken for damage when that server's own writes lie beside it.
TEST_F(LogCutTest, LogOfNothingButATornWriteIsForgotten) {
  WriteFile(log_name_, absl::string_view(log_).substr(0, ends_[1] - 1));
  const TemporaryDirectory next;
  {
    const auto opened = RocksDbStore::Open({.path = killed_.path()});
    ASSERT_TRUE(opened.ok()) << opened.status();
    EXPECT_EQ(ContentsOf(*(*opened)->GetSnapshot()), Contents());
    ASSERT_TRUE(CommitAll(**opened, {{"life", "goes on"}}).ok());
    CopyFiles(killed_.path(), next.path());
  }
  const auto again = RocksDbStore::Open({.path = next.path()});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ContentsOf(*(*again)->GetSnapshot()),
            (Contents{{"life", "goes on"}}));
}

TEST_F(LogCutTest, AServerRefusesWhatReadersRefuse) {
  for (size_t byte = ends_[kFirstHarmed]; byte < log_.size(); byte += 3) {
    SCOPED_TRACE(byte);
    const FlippedBit flipped(log_name_, byte, static_cast<int>(byte % 8));
    EXPECT_EQ(Recover().status().code(), ReadStopped().status().code());
  }
}

}  // namespace
}  // namespace pistis
