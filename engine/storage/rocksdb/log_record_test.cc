#include "engine/storage/rocksdb/log_record.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

#include "engine/storage/rocksdb/faulty_disk.h"
#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/rocksdb/test_files.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

// Random bytes, as compressed or keyed values are.
std::string Noise(size_t bytes) {
  std::mt19937 bits(static_cast<unsigned>(bytes));
  std::string noise(bytes, '\0');
  for (char& byte : noise)
    byte = static_cast<char>(bits());
  return noise;
}

// The first record that RocksDB writes for a commit of such a value.
std::string RecordOf(size_t value_bytes) {
  const TemporaryDirectory directory;
  const FaultyDisk quick;
  const auto store =
      RocksDbStore::Open({.path = directory.path(), .env = quick.env.get()});
  EXPECT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE(CommitAll(**store, {{"key", Noise(value_bytes)}}).ok());
  const std::string log = ReadFile(NewestLog(directory.path()));
  const std::string block = log.substr(0, kLogBlockBytes);
  return block.substr(0, SoundRecordBytes(block));
}

std::string Flipped(std::string record, size_t bit) {
  record[bit / 8] = static_cast<char>(record[bit / 8] ^ (1 << bit % 8));
  return record;
}

TEST(LogRecordTest, ReadsWhatRocksDbWrote) {
  const std::string small = RecordOf(30);
  EXPECT_GT(small.size(), 30 + kLogHeaderBytes);
  EXPECT_LT(small.size(), 80);
  EXPECT_EQ(SoundRecordBytes(small + "what follows"), small.size());
  EXPECT_TRUE(BeginsWrite(small, 12));
  EXPECT_FALSE(BeginsWrite(small, small.size() - kLogHeaderBytes));
  EXPECT_EQ(RecordOf(50000).size(), kLogBlockBytes);
}

TEST(LogRecordTest, TellsOneFlippedBitWhereverItIs) {
  for (const size_t value_bytes : {30, 3000, 50000}) {
    SCOPED_TRACE(value_bytes);
    const std::string record = RecordOf(value_bytes);
    const size_t step = 1 + record.size() / 8;
    for (size_t bit = 0; bit < 8 * record.size();
         bit += bit < 8 * kLogHeaderBytes ? 1 : step) {
      SCOPED_TRACE(bit);
      const std::string flipped = Flipped(record, bit);
      EXPECT_EQ(SoundRecordBytes(flipped), 0);
      EXPECT_TRUE(IsOneBitFromSound(flipped));
    }
  }
}

TEST(LogRecordTest, TornWriteIsNotOneFlippedBit) {
  for (const size_t value_bytes : {30, 3000, 50000}) {
    const std::string record = RecordOf(value_bytes);
    for (size_t kept = kLogHeaderBytes; kept < record.size();
         kept += 1 + record.size() / 40) {
      SCOPED_TRACE(kept);
      const std::string cut = record.substr(0, kept);
      EXPECT_EQ(SoundRecordBytes(cut), 0);
      EXPECT_FALSE(IsOneBitFromSound(cut));
      const std::string zeros = cut + std::string(record.size() - kept, '\0');
      EXPECT_EQ(SoundRecordBytes(zeros), 0);
      EXPECT_FALSE(IsOneBitFromSound(zeros));
    }
  }
}

TEST(LogRecordTest, TwoFlippedBitsAreNotOne) {
  const std::string record = RecordOf(3000);
  const size_t bits = 8 * (record.size() - kLogHeaderBytes);
  for (size_t i = 0; i < 100; ++i) {
    const size_t first = 8 * kLogHeaderBytes + i * 7919 % bits;
    const size_t second = 8 * kLogHeaderBytes + (i * 104729 + 1) % bits;
    ASSERT_NE(first, second);
    EXPECT_FALSE(IsOneBitFromSound(Flipped(Flipped(record, first), second)));
  }
}

}  // namespace
}  // namespace pistis
