// A disk for tests: it runs full, fails, and loses power.
//
// The model. The files are the real ones, watched. What a power loss leaves of
// a file are the bytes that were there when it was last synced; what it leaves
// of a folder are the names (made, renamed, linked, removed) of when the folder
// was last synced. A sync that fails never makes up for it: the bytes it was
// asked for stay at risk though a later sync succeeds, as Linux does it. Beyond
// that a disk may keep any part of the rest; PowerLoss says which. Bytes once
// synced are never harmed, and syncing a file does not keep its name.
//
// Nothing is really synced, which makes it quick: the machine that runs the
// test keeps its power. Not in the model: folders themselves (so no copies
// on such a disk), locks, RocksDB's own text log (LOG). Files that were there
// before count as synced.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_FAULTY_DISK_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_FAULTY_DISK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

#include "engine/storage/testing.h"

namespace pistis {

enum class DiskFault {
  kIoError,
  // Half of an append still fits.
  kNoSpace,
  // Nothing changes any more, of whatever file.
  kPowerCut,
};
// kAny: names too. kSync: of a file's bytes.
enum class DiskOperation { kAny, kAppend, kSync };
enum class DiskFiles { kAny, kLogs, kTables, kManifests };

// The first `after` operations that match succeed; every later one fails.
struct DiskFaultPlan {
  DiskFault fault = DiskFault::kIoError;
  DiskOperation operation = DiskOperation::kAny;
  DiskFiles files = DiskFiles::kAny;
  int64_t after = 0;
};

// A file as the disk has it, under whatever names. Guarded by the file system's
// mutex.
struct DiskFile {
  DiskFile(std::string own_anchor, uint64_t bytes)
      : anchor(std::move(own_anchor)), written(bytes), synced(bytes) {}
  ~DiskFile();
  DiskFile(const DiskFile&) = delete;
  DiskFile& operator=(const DiskFile&) = delete;

  // A name that nobody else removes.
  const std::string anchor;
  uint64_t written;
  uint64_t synced;
  bool sync_failed = false;
};

// Thread-safe.
class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();

  [[nodiscard]] const char* Name() const override { return "Faulty"; }

  // Takes the place of an earlier plan.
  void Plan(const DiskFaultPlan& plan);
  // From now on all succeeds, but for a power cut, which only LosePower ends.
  void Heal();
  // Whether the plan has made an operation fail.
  [[nodiscard]] bool has_struck() const;
  // How much of the file under `name` a power loss is sure to leave.
  [[nodiscard]] uint64_t synced_bytes(const std::string& name) const;

  // What was not synced is gone, and the power is back. Close the store first,
  // after a kPowerCut or not. With a seed, a random part of what was not synced
  // stays: of each file's end some bytes, but for manifests perhaps with zeros
  // among them; of the changes to names, the first few.
  void LosePower(std::optional<uint64_t> seed);

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  // The store asks for neither.
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(
      const std::string& name, const std::string& old_name,
      const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(
      const std::string& name, const rocksdb::IOOptions& options,
      std::unique_ptr<rocksdb::FSDirectory>* directory,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

  // For the files and folders it hands out: whether the operation may go on,
  // and what came of it.
  rocksdb::IOStatus Allow(DiskOperation operation, const std::string& name);
  [[nodiscard]] uint64_t WrittenBytes(const DiskFile& file) const;
  void NoteWritten(DiskFile& file, uint64_t bytes);
  void NoteSynced(DiskFile& file, uint64_t bytes);
  void NoteSyncFailed(DiskFile& file);
  void NoteDirectorySynced(const std::string& directory);

 private:
  using FilePtr = std::shared_ptr<DiskFile>;

  // A change of names; either may be empty.
  struct Change {
    std::string removed;
    std::string added;
    FilePtr file;
  };

  // The watched file under `name`, watching it from now on where it is there
  // and in the model; else null.
  FilePtr Watch(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  FilePtr Anchor(const std::string& name, uint64_t bytes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Apply(const Change& change, std::map<std::string, FilePtr>& names)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Note(Change change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseBytes(const std::string& name, DiskFile& file, std::mt19937_64* bits)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const TemporaryDirectory anchors_;
  mutable absl::Mutex mutex_;
  std::optional<DiskFaultPlan> plan_ ABSL_GUARDED_BY(mutex_);
  int64_t matched_ ABSL_GUARDED_BY(mutex_) = 0;
  bool struck_ ABSL_GUARDED_BY(mutex_) = false;
  bool power_is_cut_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t next_anchor_ ABSL_GUARDED_BY(mutex_) = 0;
  // As programs see it, and as a power loss leaves it.
  std::map<std::string, FilePtr> live_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, FilePtr> durable_ ABSL_GUARDED_BY(mutex_);
  // From durable_ to live_, in order.
  std::vector<Change> changes_ ABSL_GUARDED_BY(mutex_);
};

// Such a file system and the Env that RocksDbOptions wants. Its sleeps are
// short: RocksDB waits a second after each failure of a flush.
struct FaultyDisk {
  FaultyDisk();

  std::shared_ptr<FaultyFileSystem> files;
  // Only `env` calls it.
  std::unique_ptr<rocksdb::Env> below;
  std::unique_ptr<rocksdb::Env> env;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_FAULTY_DISK_H_
