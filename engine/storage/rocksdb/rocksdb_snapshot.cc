#include "engine/storage/rocksdb/rocksdb_snapshot.h"

#include <memory>
#include <utility>

#include "rocksdb/iterator.h"

#include "engine/storage/rocksdb/rocksdb_options.h"
#include "engine/storage/rocksdb/status.h"

namespace pistis {
namespace {

constexpr size_t kReadAheadBytes = size_t{1} << 20;

bool IsEmptyRange(absl::string_view begin, absl::string_view end) {
  return !end.empty() && begin >= end;
}

Visit VisitAt(const rocksdb::Iterator& place, ScanVisitor visitor) {
  return visitor(AsView(place.key()), AsView(place.value()));
}

}  // namespace

rocksdb::Slice AsSlice(absl::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

absl::string_view AsView(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

RocksDbSnapshot::RocksDbSnapshot(rocksdb::DB& db)
    : db_(db), snapshot_(db.GetSnapshot()) {}

RocksDbSnapshot::~RocksDbSnapshot() {
  db_.ReleaseSnapshot(snapshot_);
}

absl::StatusOr<std::optional<std::string>> RocksDbSnapshot::Get(
    absl::string_view key) const {
  CountNothing();
  std::string value;
  const rocksdb::Status status =
      db_.Get(CheckedRead(snapshot_), AsSlice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return FromRocksDb(status, "get");
  return std::optional<std::string>(std::move(value));
}

absl::Status RocksDbSnapshot::Scan(absl::string_view begin,
                                   absl::string_view end,
                                   ScanVisitor visitor) const {
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

absl::Status RocksDbSnapshot::ScanBackward(absl::string_view begin,
                                           absl::string_view end,
                                           ScanVisitor visitor) const {
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

absl::Status CheckTablesOf(rocksdb::DB& db) {
  rocksdb::ReadOptions options = CheckedRead(nullptr);
  options.fill_cache = false;
  options.readahead_size = kReadAheadBytes;
  return FromRocksDb(db.VerifyChecksum(options), "check the tables");
}

}  // namespace pistis
