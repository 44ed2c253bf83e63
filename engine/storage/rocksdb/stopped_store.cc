#include "engine/storage/rocksdb/stopped_store.h"

#include <cstdarg>
#include <string>

#include "absl/strings/str_cat.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"

#include "engine/base/status_macros.h"
#include "engine/storage/rocksdb/log_check.h"
#include "engine/storage/rocksdb/rocksdb_options.h"
#include "engine/storage/rocksdb/rocksdb_snapshot.h"
#include "engine/storage/rocksdb/status.h"

namespace pistis {
namespace {

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char* /*format*/, va_list /*arguments*/) override {}
};

}  // namespace

absl::StatusOr<std::unique_ptr<StoppedStore>> StoppedStore::Open(
    const RocksDbOptions& options) {
  rocksdb::Options database = DatabaseOptions(options);
  database.create_if_missing = false;
  database.info_log = std::make_shared<SilentLogger>();
  rocksdb::Env& env = *database.env;
  if (!env.FileExists(absl::StrCat(options.path, "/CURRENT")).ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the folder ", options.path, " holds no database"));
  }
  std::unique_ptr<StoppedStore> store(new StoppedStore(env));
  // Locking would make the file where it is missing.
  const std::string lock = absl::StrCat(options.path, "/LOCK");
  if (env.FileExists(lock).ok()) {
    PISTIS_RETURN_IF_ERROR(
        FromRocksDbOpen(env.LockFile(lock, &store->lock_), options.path));
  }
  PISTIS_RETURN_IF_ERROR(CheckLogs(env, options.path));
  rocksdb::DB* opened = nullptr;
  PISTIS_RETURN_IF_ERROR(FromRocksDbOpen(
      rocksdb::DB::OpenForReadOnly(database, options.path, &opened),
      options.path));
  store->db_.reset(opened);
  return store;
}

StoppedStore::StoppedStore(rocksdb::Env& env) : env_(env) {}

StoppedStore::~StoppedStore() {
  db_.reset();
  if (lock_ != nullptr) {
    // The process gives the lock back in any case, at its end.
    const rocksdb::Status ignored = env_.UnlockFile(lock_);
  }
}

std::unique_ptr<Snapshot> StoppedStore::GetSnapshot() const {
  return std::make_unique<RocksDbSnapshot>(*db_);
}

absl::Status StoppedStore::CheckTables() const {
  return CheckTablesOf(*db_);
}

}  // namespace pistis
