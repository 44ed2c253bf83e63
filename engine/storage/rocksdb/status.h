// From RocksDB's statuses to the port's.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_STATUS_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rocksdb/status.h"

namespace pistis {

// `status` as store.h names it, with its text as the cause: "commit: IO error:
// ...". `doing` says what was tried.
[[nodiscard]] absl::Status FromRocksDb(const rocksdb::Status& status,
                                       absl::string_view doing);

// The same for opening the database at `path`; where another process or
// another RocksDbStore has it open, kFailedPrecondition that names the path.
[[nodiscard]] absl::Status FromRocksDbOpen(const rocksdb::Status& status,
                                           absl::string_view path);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_STATUS_H_
