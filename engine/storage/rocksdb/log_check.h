// Tells a torn end of a log, which a power loss may leave, from damage to what
// was acknowledged, which RocksDB cannot tell apart. engine/storage/rocksdb/
// log_record.h has the format.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_CHECK_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_CHECK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/env.h"

namespace pistis {

// Reads all write-ahead logs and the manifest of the database in `directory`,
// which nobody may have open.
//
// The store syncs each write before it begins the next, so only the very last
// write may be torn; a write that begins behind a broken record proves that the
// broken one was acknowledged: kDataLoss, naming file and place. RocksDB's own
// empty write, with which a recovered database begins its new log, is none.
// kDataLoss too where a broken record is one flipped bit from a sound one,
// which no power loss does. OK where there is no damage, or else only at the
// end: other damage to the last write of all looks like a torn one and passes.
[[nodiscard]] absl::Status CheckLogs(rocksdb::Env& env,
                                     const std::string& directory);

// The paths of the write-ahead logs, oldest first.
[[nodiscard]] absl::StatusOr<std::vector<std::string>> LogsIn(
    rocksdb::Env& env, const std::string& directory);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_CHECK_H_
