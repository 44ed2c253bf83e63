// A disk for tests: it can refuse to sync, and knows what a power loss leaves.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_FAULTY_DISK_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_FAULTY_DISK_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace pistis {

// The real file system, watched. Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();

  [[nodiscard]] const char* Name() const override { return "Faulty"; }

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;

  // From now on every sync of a write-ahead log fails, after its bytes went to
  // the file.
  void FailLogSyncs() { fail_log_syncs_ = true; }
  void HealLogSyncs() { fail_log_syncs_ = false; }
  [[nodiscard]] bool log_syncs_fail() const { return fail_log_syncs_; }

  // How much of the newest write-ahead log is surely on the disk.
  void NoteLogSync(const std::string& name, uint64_t bytes);
  [[nodiscard]] uint64_t synced_log_bytes(const std::string& name) const;

 private:
  std::atomic<bool> fail_log_syncs_ = false;
  mutable absl::Mutex mutex_;
  std::map<std::string, uint64_t> synced_ ABSL_GUARDED_BY(mutex_);
};

// Such a file system and the Env that RocksDbOptions wants.
struct FaultyDisk {
  std::shared_ptr<FaultyFileSystem> files =
      std::make_shared<FaultyFileSystem>();
  std::unique_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_FAULTY_DISK_H_
