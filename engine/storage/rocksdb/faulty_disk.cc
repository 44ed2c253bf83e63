#include "engine/storage/rocksdb/faulty_disk.h"

#include <utility>

#include "absl/strings/match.h"

namespace pistis {
namespace {

class WatchedLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedLog(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name,
             FaultyFileSystem& disk)
      : FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        disk_(disk) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    bytes_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options,
                         rocksdb::IODebugContext* debug) override {
    if (disk_.log_syncs_fail()) {
      return rocksdb::IOStatus::IOError("the disk did not sync");
    }
    rocksdb::IOStatus synced = FSWritableFileOwnerWrapper::Sync(options, debug);
    if (synced.ok()) disk_.NoteLogSync(name_, bytes_);
    return synced;
  }

 private:
  const std::string name_;
  FaultyFileSystem& disk_;
  uint64_t bytes_ = 0;
};

}  // namespace

FaultyFileSystem::FaultyFileSystem()
    : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

rocksdb::IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file,
    rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus made =
      FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (made.ok() && absl::EndsWith(name, ".log")) {
    *file = std::make_unique<WatchedLog>(std::move(*file), name, *this);
  }
  return made;
}

void FaultyFileSystem::NoteLogSync(const std::string& name, uint64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  synced_[name] = bytes;
}

uint64_t FaultyFileSystem::synced_log_bytes(const std::string& name) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = synced_.find(name);
  return found == synced_.end() ? 0 : found->second;
}

}  // namespace pistis
