// A database that no server has open, for those who only read: a backup, or a
// stopped server's data directory.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_STOPPED_STORE_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_STOPPED_STORE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/storage/rocksdb/rocksdb_store.h"
#include "engine/storage/store.h"

namespace rocksdb {
class DB;
class Env;
class FileLock;
}  // namespace rocksdb

namespace pistis {

// Writes nothing to its folder, not even a log of its own. Thread-safe.
class StoppedStore {
 public:
  // Reads the tables and what is in the logs, which it first checks as
  // RocksDbStore::Open does. Needs memory for all that is in the logs.
  // kFailedPrecondition where `options.path` holds no database or a server has
  // it open; no server can open it while this lives, unless it has never been
  // opened by one (a backup). kDataLoss where it is damaged.
  static absl::StatusOr<std::unique_ptr<StoppedStore>> Open(
      const RocksDbOptions& options);

  ~StoppedStore();
  StoppedStore(const StoppedStore&) = delete;
  StoppedStore& operator=(const StoppedStore&) = delete;

  // All that was committed. Destroy it before this.
  [[nodiscard]] std::unique_ptr<Snapshot> GetSnapshot() const;

  // As RocksDbStore::CheckTables.
  [[nodiscard]] absl::Status CheckTables() const;

 private:
  explicit StoppedStore(rocksdb::Env& env);

  rocksdb::Env& env_;
  rocksdb::FileLock* lock_ = nullptr;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_STOPPED_STORE_H_
