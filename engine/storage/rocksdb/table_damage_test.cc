// Single bits that flip in a database at rest: found, or without meaning.
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/storage/rocksdb/faulty_disk.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/stopped_store.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

using ::testing::HasSubstr;

constexpr int kFlips = 120;
constexpr size_t kWriteBufferBytes = size_t{64} << 10;

// A store of a few tables with more in its log.
class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed_));
    auto opened = RocksDbStore::Open({.path = live_.path(),
                                      .write_buffer_bytes = kWriteBufferBytes,
                                      .env = quick_.env.get()});
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
    for (int i = 0; i < 60; ++i) {
      Contents writes;
      for (int put = 0; put < 10; ++put) {
        writes[absl::StrCat("key/", bits_() % 500)] =
            absl::StrCat(i, std::string(40 + bits_() % 200, 'v'), bits_());
      }
      ASSERT_TRUE(CommitAll(*store_, writes).ok());
      for (const auto& [key, value] : writes)
        contents_[key] = value;
    }
  }

  // OK where the store in `directory` reads as it was written, an error where
  // it says that it is damaged; a failed test where it reads otherwise.
  absl::Status ReadAll(const std::string& directory) const {
    const auto stopped = StoppedStore::Open({.path = directory});
    if (!stopped.ok()) return stopped.status();
    const absl::Status checked = (*stopped)->CheckTables();
    if (!checked.ok()) {
      EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss) << checked;
      EXPECT_THAT(std::string(checked.message()), HasSubstr(".sst"));
      return checked;
    }
    EXPECT_TRUE(ContentsOf(*(*stopped)->GetSnapshot()) == contents_);
    EXPECT_TRUE(ContentsBackward(*(*stopped)->GetSnapshot()) == contents_);
    return absl::OkStatus();
  }

  // How many of so many flips, one at a time, in the tables, logs and the
  // manifest of `directory` were found.
  int FlipsFound(const std::string& directory, int flips) {
    std::vector<std::pair<std::string, size_t>> files;
    for (const absl::string_view kind : {".sst", ".log", "MANIFEST"}) {
      for (const std::string& path : FilesContaining(directory, kind)) {
        const size_t bytes = ReadFile(path).size();
        if (bytes > 0) files.emplace_back(path, bytes);
      }
    }
    int found = 0;
    for (int i = 0; i < flips; ++i) {
      const auto& [path, bytes] = files[bits_() % files.size()];
      const size_t byte = bits_() % bytes;
      SCOPED_TRACE(absl::StrCat(path, " byte ", byte));
      const FlippedBit flipped(path, byte, static_cast<int>(bits_() % 8));
      if (!ReadAll(directory).ok()) ++found;
    }
    return found;
  }

  const uint64_t seed_ = TestSeed();
  std::mt19937_64 bits_{seed_};
  TemporaryDirectory live_;
  FaultyDisk quick_;
  std::unique_ptr<RocksDbStore> store_;
  Contents contents_;
};

TEST_F(DamageTest, AnyBitOfAClosedStoreIsFoundOrMeansNothing) {
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed_));
  store_.reset();
  ASSERT_TRUE(ReadAll(live_.path()).ok());
  EXPECT_EQ(ReadFile(NewestLog(live_.path())), "");
  const int flips = RoundsFrom("PISTIS_BIT_FLIPS", kFlips);
  EXPECT_GT(FlipsFound(live_.path(), flips), flips * 9 / 10);
}

TEST_F(DamageTest, AnyBitOfAKilledStoreIsFoundOrMeansNothing) {
  SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed_));
  const TemporaryDirectory killed;
  CopyFiles(live_.path(), killed.path());
  ASSERT_TRUE(ReadAll(killed.path()).ok());
  const int flips = RoundsFrom("PISTIS_BIT_FLIPS", kFlips);
  // A log or two may be there whose content is in a table already.
  EXPECT_GT(FlipsFound(killed.path(), flips), flips / 3);
}

TEST_F(DamageTest, AServerFindsADamagedTableWhileItServes) {
  store_.reset();
  auto opened = RocksDbStore::Open({.path = live_.path()});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_TRUE((*opened)->CheckTables().ok());
  const std::string table = FilesContaining(live_.path(), ".sst").front();
  const FlippedBit flipped(table, 100, 3);
  const absl::Status checked = (*opened)->CheckTables();
  EXPECT_EQ(checked.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(checked.message()), HasSubstr(table));
}

}  // namespace
}  // namespace pistis
