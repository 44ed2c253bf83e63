#include "engine/storage/rocksdb/rocksdb_store.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"
#include "rocksdb/iterator.h"
#include "rocksdb/write_batch.h"

#include "engine/base/status_macros.h"
#include "engine/storage/overlay.h"
#include "engine/storage/rocksdb/log_check.h"
#include "engine/storage/rocksdb/rocksdb_options.h"
#include "engine/storage/rocksdb/status.h"

namespace pistis {
namespace {

rocksdb::Slice AsSlice(absl::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

absl::string_view AsView(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

bool IsEmptyRange(absl::string_view begin, absl::string_view end) {
  return !end.empty() && begin >= end;
}

class RocksDbSnapshot final : public Snapshot {
 public:
  explicit RocksDbSnapshot(rocksdb::DB& db)
      : db_(db), snapshot_(db.GetSnapshot()) {}
  ~RocksDbSnapshot() override { db_.ReleaseSnapshot(snapshot_); }
  RocksDbSnapshot(const RocksDbSnapshot&) = delete;
  RocksDbSnapshot& operator=(const RocksDbSnapshot&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override {
    std::string value;
    const rocksdb::Status status =
        db_.Get(CheckedRead(snapshot_), AsSlice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>();
    if (!status.ok()) return FromRocksDb(status, "get");
    return std::optional<std::string>(std::move(value));
  }

  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override {
    if (IsEmptyRange(begin, end)) return absl::OkStatus();
    const rocksdb::Slice upper = AsSlice(end);
    rocksdb::ReadOptions options = CheckedRead(snapshot_);
    if (!end.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> place(db_.NewIterator(options));
    for (place->Seek(AsSlice(begin)); place->Valid(); place->Next()) {
      if (VisitAt(*place, visitor) == Visit::kStop) return absl::OkStatus();
    }
    return FromRocksDb(place->status(), "scan");
  }

  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override {
    if (IsEmptyRange(begin, end)) return absl::OkStatus();
    const rocksdb::Slice lower = AsSlice(begin);
    const rocksdb::Slice upper = AsSlice(end);
    rocksdb::ReadOptions options = CheckedRead(snapshot_);
    options.iterate_lower_bound = &lower;
    if (!end.empty()) options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> place(db_.NewIterator(options));
    for (place->SeekToLast(); place->Valid(); place->Prev()) {
      if (VisitAt(*place, visitor) == Visit::kStop) return absl::OkStatus();
    }
    return FromRocksDb(place->status(), "scan backward");
  }

 private:
  static Visit VisitAt(const rocksdb::Iterator& place, ScanVisitor visitor) {
    return visitor(AsView(place.key()), AsView(place.value()));
  }

  rocksdb::DB& db_;
  const rocksdb::Snapshot* const snapshot_;
};

// Copies what a batch holds into a write set, where it can be read.
class BatchReplay final : public rocksdb::WriteBatch::Handler {
 public:
  explicit BatchReplay(WriteSet& writes) : writes_(writes) {}

  rocksdb::Status PutCF(uint32_t /*column_family*/, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    writes_.Put(AsView(key), AsView(value));
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
  RocksDbTxn(const Store& store, rocksdb::DB& db, CommitGate& gate)
      : db_(db),
        gate_(gate),
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
    if (readable_) own_writes_.Put(key, value);
  }
  void Delete(absl::string_view key) override {
    KeepFirstError(batch_.Delete(AsSlice(key)));
    if (readable_) own_writes_.Delete(key);
  }

  absl::Status Commit() override {
    if (!batch_error_.ok()) return FromRocksDb(batch_error_, "commit");
    if (batch_.Count() == 0) return absl::OkStatus();
    return gate_.Pass(base_.read_at(), [this] {
      return FromRocksDb(db_.Write(DurableWrite(), &batch_), "commit");
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
  const absl::Status checked = CheckLogs(env, path);
  PISTIS_RETURN_IF_ERROR(FromRocksDbOpen(env.UnlockFile(lock), path));
  return checked;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RocksDbStore>> RocksDbStore::Open(
    const RocksDbOptions& options) {
  if (options.path.empty()) {
    return absl::InvalidArgumentError("the data directory has no name");
  }
  const rocksdb::Options database = DatabaseOptions(options);
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(*database.env, options.path));
  PISTIS_RETURN_IF_ERROR(CheckLogsLocked(*database.env, options.path));
  rocksdb::DB* opened = nullptr;
  PISTIS_RETURN_IF_ERROR(FromRocksDbOpen(
      rocksdb::DB::Open(database, options.path, &opened), options.path));
  std::unique_ptr<RocksDbStore> store(
      new RocksDbStore(std::unique_ptr<rocksdb::DB>(opened)));
  // A log that recovery has used up, torn as it may be, must stay gone: beside
  // new writes it would look damaged.
  PISTIS_RETURN_IF_ERROR(SyncDirectory(*database.env, options.path));
  return store;
}

RocksDbStore::RocksDbStore(std::unique_ptr<rocksdb::DB> db)
    : db_(std::move(db)) {}

RocksDbStore::~RocksDbStore() = default;

std::unique_ptr<Snapshot> RocksDbStore::GetSnapshot() const {
  return std::make_unique<RocksDbSnapshot>(*db_);
}

std::unique_ptr<Txn> RocksDbStore::Begin() {
  return std::make_unique<RocksDbTxn>(*this, *db_, gate_);
}

}  // namespace pistis
