// Tells a torn end of the write-ahead log, which a power loss may leave, from
// damage to acknowledged writes, which RocksDB cannot tell apart.
//
// A log is a row of 32 KiB blocks. RocksDB's format of a block:
//   block    := record* trailer
//   record   := checksum length type payload
//   checksum := 4 bytes, masked CRC-32C of type and payload, little-endian
//   length   := 2 bytes, of the payload, little-endian
//   type     := 1 byte: 1 whole, 2 first, 3 middle, 4 last part of a write
//   trailer  := up to 6 bytes that no record fits into
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_CHECK_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "rocksdb/env.h"

namespace pistis {

// Reads all logs of the database in `directory`, which nobody may have open.
//
// The store syncs each write before it begins the next, so only the very last
// write may be torn; a write that begins behind a broken record proves that the
// broken one was acknowledged: kDataLoss, naming file and place. RocksDB's own
// empty write, with which a recovered database begins its new log, is none. OK
// where there is no damage, or only at the end. Damage to the last write of all
// looks like a torn one and passes.
[[nodiscard]] absl::Status CheckLogs(rocksdb::Env& env,
                                     const std::string& directory);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_CHECK_H_
