// A Store on RocksDB, embedded in this process.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_STORE_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_STORE_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/storage/backup.h"
#include "engine/storage/commit_gate.h"
#include "engine/storage/store.h"
#include "engine/storage/store_figures.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace pistis {

struct RocksDbOptions {
  // The data directory; made, with its parents, where it does not exist.
  std::string path;
  // Memory for blocks read from tables, their indexes and filters included.
  size_t block_cache_bytes = size_t{256} << 20;
  // Memory for writes before they go to a table. Up to four such buffers live
  // while the disk is behind.
  size_t write_buffer_bytes = size_t{64} << 20;
  // Background threads for flushes and compactions.
  int background_jobs = 2;
  // Whether commits outlive the process.
  enum class Durability {
    // As Store says.
    kSynced,
    // Nothing does: commits cost no log and no sync. For stores that go away
    // with who made them.
    kNone,
  };
  Durability durability = Durability::kSynced;
  // The file system below, so that a test can make it fail. Null: the real one.
  // Must outlive the store.
  rocksdb::Env* env = nullptr;
  // Breaks off copies under way once it is true, so that a program that stops
  // does not wait for a slow disk. Null: never. Must outlive the store.
  const std::atomic<bool>* stopping = nullptr;
};

// Holds the directory's lock while it lives. Thread-safe as Store says.
class RocksDbStore final : public Store, public BackupSource {
 public:
  // Opens or creates, and recovers what was committed. kFailedPrecondition
  // where the directory is open elsewhere, kDataLoss where it is damaged.
  static absl::StatusOr<std::unique_ptr<RocksDbStore>> Open(
      const RocksDbOptions& options);

  // Moves what the logs hold to tables, whose every bit has a checksum, where
  // damage to the last write in a log looks like a torn one.
  ~RocksDbStore() override;
  RocksDbStore(const RocksDbStore&) = delete;
  RocksDbStore& operator=(const RocksDbStore&) = delete;

  [[nodiscard]] std::unique_ptr<Snapshot> GetSnapshot() const override;
  [[nodiscard]] std::unique_ptr<Txn> Begin() override;

  // Flushes to tables first and links those, so that it copies little; on
  // another file system it copies them. kUnavailable where the options'
  // `stopping` breaks it off.
  [[nodiscard]] absl::Status CopyTo(const std::string& directory) override;

  // Reads every block of every table from the disk: kDataLoss naming the first
  // file that is damaged. Takes as long as reading all that is stored.
  [[nodiscard]] absl::Status CheckTables() const;

  // Reads no data; lists the folder for the logs. Any thread.
  [[nodiscard]] StoreFigures Figures() const;
  // Whether writes have to wait now; cheap.
  [[nodiscard]] bool IsStopped() const;

 private:
  RocksDbStore(std::unique_ptr<rocksdb::DB> db, const RocksDbOptions& options);

  const std::unique_ptr<rocksdb::DB> db_;
  const RocksDbOptions::Durability durability_;
  const std::atomic<bool>* const stopping_;
  CommitGate gate_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_STORE_H_
