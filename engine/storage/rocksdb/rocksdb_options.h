// How Pistis sets RocksDB up, each choice with its reason.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_OPTIONS_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_OPTIONS_H_

#include "rocksdb/options.h"

#include "engine/storage/rocksdb/rocksdb_store.h"

namespace pistis {

[[nodiscard]] rocksdb::Options DatabaseOptions(const RocksDbOptions& options);

// Stops RocksDB from counting its steps on the calling thread, which nobody
// reads. Cheap to call again.
void CountNothing();

// For every commit.
[[nodiscard]] rocksdb::WriteOptions CommitOptions(
    RocksDbOptions::Durability durability);

// For every read.
[[nodiscard]] rocksdb::ReadOptions CheckedRead(
    const rocksdb::Snapshot* snapshot);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_ROCKSDB_OPTIONS_H_
