// What every way to open a RocksDB database reads with.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_SNAPSHOT_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_SNAPSHOT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocksdb/db.h"
#include "rocksdb/slice.h"

#include "engine/storage/store.h"

namespace pistis {

[[nodiscard]] rocksdb::Slice AsSlice(absl::string_view bytes);
[[nodiscard]] absl::string_view AsView(const rocksdb::Slice& bytes);

// `db` must outlive it.
class RocksDbSnapshot final : public Snapshot {
 public:
  explicit RocksDbSnapshot(rocksdb::DB& db);
  ~RocksDbSnapshot() override;
  RocksDbSnapshot(const RocksDbSnapshot&) = delete;
  RocksDbSnapshot& operator=(const RocksDbSnapshot&) = delete;

  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override;
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override;
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override;

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* const snapshot_;
};

// Reads every block of every table that `db` is made of, past the cache.
[[nodiscard]] absl::Status CheckTablesOf(rocksdb::DB& db);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_SNAPSHOT_H_
