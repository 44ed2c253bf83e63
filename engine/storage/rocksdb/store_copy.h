// The files of a database that serves, in another folder.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_STORE_COPY_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_STORE_COPY_H_

#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace rocksdb {
class DB;
}  // namespace rocksdb

namespace pistis {

// What BackupSource::CopyTo promises. Flushes memory to tables first, so that
// next to no log is left to copy. Then links each file where the file system
// lets it, and copies it a MiB at a time where it does not; what it copies is
// synced. Takes the place of RocksDB's Checkpoint, of which it makes the same
// files, and which nobody can break off: kUnavailable once `stopping`, which
// may be null, is true, within a few MiB (but a flush is waited for). Any
// thread, several at once; the database removes no file meanwhile.
//
// `directory` must be of no other process's making: no file in it is another's.
// Only a crash, or a disk that removes nothing, leaves a folder that is not
// whole; it holds plain files, of which IsNameInCopy is true.
[[nodiscard]] absl::Status CopyDatabase(rocksdb::DB& db,
                                        const std::string& directory,
                                        const std::atomic<bool>* stopping);

// Whether a copy may have a file of this name: a table, a log, the manifest, or
// what names it. The data directory of a server has others, too.
[[nodiscard]] bool IsNameInCopy(absl::string_view name);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_STORE_COPY_H_
