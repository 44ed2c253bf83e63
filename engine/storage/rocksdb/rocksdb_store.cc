#include "engine/storage/rocksdb/rocksdb_store.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/write_batch.h"

#include "engine/base/status_macros.h"
#include "engine/storage/overlay.h"
#include "engine/storage/rocksdb/log_check.h"
#include "engine/storage/rocksdb/rocksdb_options.h"
#include "engine/storage/rocksdb/rocksdb_snapshot.h"
#include "engine/storage/rocksdb/status.h"
#include "engine/storage/rocksdb/store_copy.h"

namespace pistis {
namespace {

// Copies what a batch holds into a write set, where it can be read.
class BatchReplay final : public rocksdb::WriteBatch::Handler {
 public:
  explicit BatchReplay(WriteSet& writes) : writes_(writes) {}

  rocksdb::Status PutCF(uint32_t /*column_family*/, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    writes_.Put(AsView(key), value.ToString());
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(uint32_t /*column_family*/,
                           const rocksdb::Slice& key) override {
    writes_.Delete(AsView(key));
    return rocksdb::Status::OK();
  }

 private:
  WriteSet& writes_;
};

// Writes go straight into RocksDB's batch. A readable copy of them is kept only
// from the first read on: the hot path writes and never reads.
class RocksDbTxn final : public Txn {
 public:
  RocksDbTxn(const Store& store, rocksdb::DB& db, CommitGate& gate,
             RocksDbOptions::Durability durability)
      : db_(db),
        gate_(gate),
        durability_(durability),
        base_(store, gate),
        view_(base_, {&own_writes_}) {}

  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override {
    PISTIS_RETURN_IF_ERROR(MakeOwnWritesReadable());
    return view_.Get(key);
  }
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override {
    PISTIS_RETURN_IF_ERROR(MakeOwnWritesReadable());
    return view_.Scan(begin, end, visitor);
  }
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override {
    PISTIS_RETURN_IF_ERROR(MakeOwnWritesReadable());
    return view_.ScanBackward(begin, end, visitor);
  }

  void Put(absl::string_view key, absl::string_view value) override {
    KeepFirstError(batch_.Put(AsSlice(key), AsSlice(value)));
    if (readable_) own_writes_.Put(key, std::string(value));
  }
  void Delete(absl::string_view key) override {
    KeepFirstError(batch_.Delete(AsSlice(key)));
    if (readable_) own_writes_.Delete(key);
  }

  absl::Status Commit() override {
    if (!batch_error_.ok()) return FromRocksDb(batch_error_, "commit");
    if (batch_.Count() == 0) return absl::OkStatus();
    CountNothing();
    return gate_.Pass(base_.read_at(), [this] {
      return FromRocksDb(db_.Write(CommitOptions(durability_), &batch_),
                         "commit");
    });
  }

 private:
  absl::Status MakeOwnWritesReadable() const {
    if (readable_) return absl::OkStatus();
    readable_ = true;
    BatchReplay replay(own_writes_);
    return FromRocksDb(batch_.Iterate(&replay), "read own writes");
  }

  void KeepFirstError(const rocksdb::Status& status) {
    if (batch_error_.ok()) batch_error_ = status;
  }

  rocksdb::DB& db_;
  CommitGate& gate_;
  const RocksDbOptions::Durability durability_;
  rocksdb::WriteBatch batch_;
  // Such as a batch beyond 4 GiB.
  rocksdb::Status batch_error_;
  mutable bool readable_ = false;
  mutable WriteSet own_writes_;
  FirstReadSnapshot base_;
  OverlayReader view_;
};

absl::Status SyncDirectory(rocksdb::Env& env, const std::string& path) {
  std::unique_ptr<rocksdb::Directory> directory;
  rocksdb::Status status = env.NewDirectory(path, &directory);
  if (status.ok()) status = directory->Fsync();
  return FromRocksDb(status, absl::StrCat("sync directory ", path));
}

// Makes `path` and its parents, each synced into the directory above it: else a
// power loss could take the whole new database away.
absl::Status MakeDirectoryDurably(rocksdb::Env& env,
                                  const std::filesystem::path& path) {
  if (path.empty() || env.FileExists(path.string()).ok()) {
    return absl::OkStatus();
  }
  const std::filesystem::path parent =
      path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(env, parent));
  PISTIS_RETURN_IF_ERROR(
      FromRocksDb(env.CreateDirIfMissing(path.string()),
                  absl::StrCat("make directory ", path.string())));
  return SyncDirectory(env, parent.string());
}

// Takes the database's lock for as long as the check reads.
absl::Status CheckLogsLocked(rocksdb::Env& env, const std::string& path) {
  rocksdb::FileLock* lock = nullptr;
  PISTIS_RETURN_IF_ERROR(
      FromRocksDbOpen(env.LockFile(absl::StrCat(path, "/LOCK"), &lock), path));
  absl::Status checked = CheckLogs(env, path);
  PISTIS_RETURN_IF_ERROR(FromRocksDbOpen(env.UnlockFile(lock), path));
  return checked;
}

// Recovery has moved to tables what was whole in `logs`. RocksDB keeps one of
// which nothing was whole for as long as it lives; beside new writes, a torn
// log would look damaged. So they go, and must stay gone.
absl::Status RemoveUsedUpLogs(rocksdb::Env& env,
                              const std::vector<std::string>& logs) {
  for (const std::string& log : logs) {
    if (env.FileExists(log).IsNotFound()) continue;
    PISTIS_RETURN_IF_ERROR(FromRocksDb(
        env.DeleteFile(log), absl::StrCat("remove the used-up log ", log)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(
    const RocksDbOptions& options) {
  if (options.path.empty()) {
    return absl::InvalidArgumentError("the data directory has no name");
  }
  const rocksdb::Options database = DatabaseOptions(options);
  rocksdb::Env& env = *database.env;
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(env, options.path));
  PISTIS_RETURN_IF_ERROR(CheckLogsLocked(env, options.path));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> logs,
                          LogsIn(env, options.path));
  rocksdb::DB* opened = nullptr;
  PISTIS_RETURN_IF_ERROR(FromRocksDbOpen(
      rocksdb::DB::Open(database, options.path, &opened), options.path));
  std::unique_ptr<RocksDbStore> store(
      new RocksDbStore(std::unique_ptr<rocksdb::DB>(opened), options));
  PISTIS_RETURN_IF_ERROR(RemoveUsedUpLogs(env, logs));
  PISTIS_RETURN_IF_ERROR(SyncDirectory(env, options.path));
  return store;
}

RocksDbStore::RocksDbStore(std::unique_ptr<rocksdb::DB> db,
                           const RocksDbOptions& options)
    : db_(std::move(db)),
      durability_(options.durability),
      stopping_(options.stopping) {}

RocksDbStore::~RocksDbStore() {
  if (durability_ == RocksDbOptions::Durability::kNone) return;
  // Where it fails, the logs hold what tables could not.
  const rocksdb::Status ignored = db_->Flush(rocksdb::FlushOptions());
}

std::unique_ptr<Snapshot> RocksDbStore::GetSnapshot() const {
  return std::make_unique<RocksDbSnapshot>(*db_);
}

absl::Status RocksDbStore::CopyTo(const std::string& directory) {
  return CopyDatabase(*db_, directory, stopping_);
}

absl::Status RocksDbStore::CheckTables() const {
  return CheckTablesOf(*db_);
}

std::unique_ptr<Txn> RocksDbStore::Begin() {
  return std::make_unique<RocksDbTxn>(*this, *db_, gate_, durability_);
}

}  // namespace pistis
