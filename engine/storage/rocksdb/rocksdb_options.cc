#include "engine/storage/rocksdb/rocksdb_options.h"

#include <algorithm>
#include <vector>

#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/slice_transform.h"
#include "rocksdb/table.h"

namespace pistis {
namespace {

constexpr double kBloomBitsPerKey = 10;
// Of a write buffer: 1.3 MB of 64, about 10 bits for each key of 100 bytes.
constexpr double kMemtableBloomShare = 0.02;
constexpr size_t kBytesPerBackgroundSync = size_t{1} << 20;
constexpr size_t kLogFileBytes = size_t{10} << 20;
constexpr size_t kLogFiles = 5;

rocksdb::CompressionType BestCompression() {
  const std::vector<rocksdb::CompressionType> supported =
      rocksdb::GetSupportedCompressions();
  for (const auto wanted :
       {rocksdb::kLZ4Compression, rocksdb::kSnappyCompression}) {
    if (std::find(supported.begin(), supported.end(), wanted) !=
        supported.end()) {
      return wanted;
    }
  }
  return rocksdb::kNoCompression;
}

// A flushed table is merged away again before long, so packing it is work for
// nothing.
void SetCompression(rocksdb::Options& options) {
  options.compression = BestCompression();
  options.compression_per_level.assign(static_cast<size_t>(options.num_levels),
                                       options.compression);
  options.compression_per_level.front() = rocksdb::kNoCompression;
}

std::shared_ptr<rocksdb::TableFactory> Tables(const RocksDbOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBloomBitsPerKey));
  table.whole_key_filtering = true;
  // Indexes and filters count against the cache, so that memory stays bounded
  // however many members there are, but leave it last.
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  return std::shared_ptr<rocksdb::TableFactory>(
      rocksdb::NewBlockBasedTableFactory(table));
}

void SetDurability(rocksdb::Options& options) {
  options.paranoid_checks = true;
  // A failed write ends this store's life; RocksDB must not heal behind its
  // back and take writes whose predecessors it has lost.
  options.max_bgerror_resume_count = 0;
  // A power loss tears the last, unacknowledged write in any way: cut short,
  // zeros, pages missing in the middle. kTolerateCorruptedTailRecords forgives
  // the first two at most and kAbsoluteConsistency none, so a shop would stand
  // still over a sale that nobody was promised. kPointInTimeRecovery opens in
  // every case, but would also drop acknowledged writes behind a flipped bit
  // without a word; CheckLogs, before every opening, refuses those.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.manual_wal_flush = false;
  options.unordered_write = false;
  options.enable_pipelined_write = false;
  options.track_and_verify_wals_in_manifest = false;
}

void SetMemoryAndThreads(const RocksDbOptions& from,
                         rocksdb::Options& options) {
  options.max_background_jobs = from.background_jobs;
  options.write_buffer_size = from.write_buffer_bytes;
  options.max_write_buffer_number = 4;
  // Most commands ask for a key that is not there: an id never used before.
  options.memtable_prefix_bloom_size_ratio = kMemtableBloomShare;
  options.memtable_whole_key_filtering = true;
  // Batches come in key order, so each table of keys goes on where its last key
  // went in.
  options.memtable_insert_with_hint_prefix_extractor.reset(
      rocksdb::NewFixedPrefixTransform(1));
  options.level_compaction_dynamic_level_bytes = true;
  // Tables reach the disk bit by bit, so that a flush does not hold up the
  // commits' syncs with one big one.
  options.bytes_per_sync = kBytesPerBackgroundSync;
}

}  // namespace

rocksdb::Options DatabaseOptions(const RocksDbOptions& from) {
  rocksdb::Options options;
  options.create_if_missing = true;
  if (from.env != nullptr) options.env = from.env;
  options.table_factory = Tables(from);
  SetCompression(options);
  options.max_log_file_size = kLogFileBytes;
  options.keep_log_file_num = kLogFiles;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  SetDurability(options);
  SetMemoryAndThreads(from, options);
  return options;
}

void CountNothing() {
  thread_local bool done = false;
  if (done) return;
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
  done = true;
}

rocksdb::WriteOptions CommitOptions(RocksDbOptions::Durability durability) {
  const bool synced = durability == RocksDbOptions::Durability::kSynced;
  rocksdb::WriteOptions options;
  options.sync = synced;
  options.disableWAL = !synced;
  return options;
}

rocksdb::ReadOptions CheckedRead(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  options.snapshot = snapshot;
  return options;
}

}  // namespace pistis
