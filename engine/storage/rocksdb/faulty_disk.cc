#include "engine/storage/rocksdb/faulty_disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

std::string Normal(const std::string& name) {
  const std::filesystem::path path =
      std::filesystem::path(name).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).string();
}

std::string FolderOf(const std::string& name) {
  return std::filesystem::path(name).parent_path().string();
}

bool IsInModel(const std::string& name) {
  const std::string file = std::filesystem::path(name).filename().string();
  return !absl::StartsWith(file, "LOG") && file != "LOCK";
}

bool Matches(DiskFiles files, const std::string& name) {
  switch (files) {
    case DiskFiles::kAny:
      return true;
    case DiskFiles::kLogs:
      return absl::EndsWith(name, ".log");
    case DiskFiles::kTables:
      return absl::EndsWith(name, ".sst");
    case DiskFiles::kManifests:
      return absl::StrContains(name, "MANIFEST");
  }
  return false;
}

IOStatus Answer(DiskFault fault, DiskOperation operation) {
  switch (fault) {
    case DiskFault::kNoSpace:
      return IOStatus::NoSpace("the disk is full");
    case DiskFault::kPowerCut:
      return IOStatus::IOError("the power is cut");
    case DiskFault::kIoError:
      break;
  }
  return IOStatus::IOError(operation == DiskOperation::kSync
                               ? "the disk did not sync"
                               : "the disk did not write");
}

class WatchedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  WatchedFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name,
              std::shared_ptr<DiskFile> watched, FaultyFileSystem& disk)
      : FSWritableFileOwnerWrapper(std::move(file)),
        name_(std::move(name)),
        watched_(std::move(watched)),
        disk_(disk) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    IOStatus allowed = disk_.Allow(DiskOperation::kAppend, name_);
    if (allowed.ok()) return AppendNow(data, options, debug);
    if (allowed.IsNoSpace()) {
      IOStatus half = AppendNow(rocksdb::Slice(data.data(), data.size() / 2),
                                options, debug);
      if (!half.ok()) return half;
    }
    return allowed;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& /*verification*/,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus PositionedAppend(const rocksdb::Slice& /*data*/, uint64_t /*offset*/,
                            const IOOptions& /*options*/,
                            IODebugContext* /*debug*/) override {
    return IOStatus::NotSupported("faulty disk: PositionedAppend");
  }
  IOStatus PositionedAppend(
      const rocksdb::Slice& data, uint64_t offset, const IOOptions& options,
      const rocksdb::DataVerificationInfo& /*verification*/,
      IODebugContext* debug) override {
    return PositionedAppend(data, offset, options, debug);
  }

  IOStatus Truncate(uint64_t size, const IOOptions& options,
                    IODebugContext* debug) override {
    IOStatus done = disk_.Allow(DiskOperation::kAny, name_);
    if (done.ok()) {
      done = FSWritableFileOwnerWrapper::Truncate(size, options, debug);
    }
    if (done.ok()) disk_.NoteWritten(*watched_, size);
    return done;
  }

  IOStatus Sync(const IOOptions& /*options*/,
                IODebugContext* /*debug*/) override {
    const uint64_t bytes = disk_.WrittenBytes(*watched_);
    IOStatus synced = disk_.Allow(DiskOperation::kSync, name_);
    if (synced.ok()) {
      disk_.NoteSynced(*watched_, bytes);
    } else {
      disk_.NoteSyncFailed(*watched_);
    }
    return synced;
  }
  IOStatus RangeSync(uint64_t /*offset*/, uint64_t /*bytes*/,
                     const IOOptions& /*options*/,
                     IODebugContext* /*debug*/) override {
    return IOStatus::OK();
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return Sync(options, debug);
  }

 private:
  IOStatus AppendNow(const rocksdb::Slice& data, const IOOptions& options,
                     IODebugContext* debug) {
    IOStatus done = FSWritableFileOwnerWrapper::Append(data, options, debug);
    if (done.ok()) {
      disk_.NoteWritten(*watched_, disk_.WrittenBytes(*watched_) + data.size());
    }
    return done;
  }

  const std::string name_;
  const std::shared_ptr<DiskFile> watched_;
  FaultyFileSystem& disk_;
};

class WatchedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  WatchedDirectory(std::unique_ptr<rocksdb::FSDirectory> directory,
                   std::string name, FaultyFileSystem& disk)
      : FSDirectoryWrapper(std::move(directory)),
        name_(std::move(name)),
        disk_(disk) {}

  IOStatus Fsync(const IOOptions& /*options*/,
                 IODebugContext* /*debug*/) override {
    IOStatus synced = disk_.Allow(DiskOperation::kAny, name_);
    if (synced.ok()) disk_.NoteDirectorySynced(name_);
    return synced;
  }
  IOStatus FsyncWithDirOptions(
      const IOOptions& options, IODebugContext* debug,
      const rocksdb::DirFsyncOptions& /*reason*/) override {
    return Fsync(options, debug);
  }

 private:
  const std::string name_;
  FaultyFileSystem& disk_;
};

constexpr int kLongestSleepMicros = 1000;

class ShortSleeper final : public rocksdb::EnvWrapper {
 public:
  using rocksdb::EnvWrapper::EnvWrapper;
  [[nodiscard]] const char* Name() const override { return "ShortSleeper"; }
  void SleepForMicroseconds(int micros) override {
    EnvWrapper::SleepForMicroseconds(std::min(micros, kLongestSleepMicros));
  }
};

}  // namespace

FaultyDisk::FaultyDisk()
    : files(std::make_shared<FaultyFileSystem>()),
      below(rocksdb::NewCompositeEnv(files)),
      env(std::make_unique<ShortSleeper>(below.get())) {}

DiskFile::~DiskFile() {
  std::error_code ignored;
  std::filesystem::remove(anchor, ignored);
}

FaultyFileSystem::FaultyFileSystem()
    : FileSystemWrapper(rocksdb::FileSystem::Default()) {}

void FaultyFileSystem::Plan(const DiskFaultPlan& plan) {
  const absl::MutexLock lock(&mutex_);
  plan_ = plan;
  matched_ = 0;
  struck_ = false;
}

void FaultyFileSystem::Heal() {
  const absl::MutexLock lock(&mutex_);
  plan_.reset();
}

bool FaultyFileSystem::has_struck() const {
  const absl::MutexLock lock(&mutex_);
  return struck_;
}

uint64_t FaultyFileSystem::synced_bytes(const std::string& name) const {
  const absl::MutexLock lock(&mutex_);
  const auto found = live_.find(Normal(name));
  return found == live_.end() ? 0 : found->second->synced;
}

IOStatus FaultyFileSystem::Allow(DiskOperation operation,
                                 const std::string& name) {
  const absl::MutexLock lock(&mutex_);
  if (power_is_cut_) return Answer(DiskFault::kPowerCut, operation);
  if (!plan_.has_value() || !Matches(plan_->files, name)) return IOStatus::OK();
  if (plan_->operation != DiskOperation::kAny &&
      plan_->operation != operation) {
    return IOStatus::OK();
  }
  if (matched_++ < plan_->after) return IOStatus::OK();
  struck_ = true;
  power_is_cut_ = plan_->fault == DiskFault::kPowerCut;
  return Answer(plan_->fault, operation);
}

uint64_t FaultyFileSystem::WrittenBytes(const DiskFile& file) const {
  const absl::MutexLock lock(&mutex_);
  return file.written;
}

void FaultyFileSystem::NoteWritten(DiskFile& file, uint64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  file.written = bytes;
  file.synced = std::min(file.synced, bytes);
}

void FaultyFileSystem::NoteSynced(DiskFile& file, uint64_t bytes) {
  const absl::MutexLock lock(&mutex_);
  if (!file.sync_failed) file.synced = std::max(file.synced, bytes);
}

void FaultyFileSystem::NoteSyncFailed(DiskFile& file) {
  const absl::MutexLock lock(&mutex_);
  file.sync_failed = true;
}

FaultyFileSystem::FilePtr FaultyFileSystem::Anchor(const std::string& name,
                                                   uint64_t bytes) {
  auto file = std::make_shared<DiskFile>(
      absl::StrCat(anchors_.path(), "/", next_anchor_++), bytes);
  std::filesystem::create_hard_link(name, file->anchor);
  return file;
}

FaultyFileSystem::FilePtr FaultyFileSystem::Watch(const std::string& name) {
  const auto found = live_.find(name);
  if (found != live_.end()) return found->second;
  if (!IsInModel(name) || !std::filesystem::is_regular_file(name)) {
    return nullptr;
  }
  FilePtr file = Anchor(name, std::filesystem::file_size(name));
  live_[name] = file;
  durable_[name] = file;
  return file;
}

void FaultyFileSystem::Apply(const Change& change,
                             std::map<std::string, FilePtr>& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.file;
}

void FaultyFileSystem::Note(Change change) {
  Apply(change, live_);
  changes_.push_back(std::move(change));
}

void FaultyFileSystem::NoteDirectorySynced(const std::string& directory) {
  const absl::MutexLock lock(&mutex_);
  std::vector<Change> elsewhere;
  for (Change& change : changes_) {
    const std::string& name =
        change.added.empty() ? change.removed : change.added;
    if (FolderOf(name) == directory) {
      Apply(change, durable_);
    } else {
      elsewhere.push_back(std::move(change));
    }
  }
  changes_ = std::move(elsewhere);
}

IOStatus FaultyFileSystem::NewWritableFile(
    const std::string& name, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) {
  const std::string normal = Normal(name);
  if (!IsInModel(normal)) {
    return FileSystemWrapper::NewWritableFile(name, options, file, debug);
  }
  IOStatus made = Allow(DiskOperation::kAny, normal);
  if (!made.ok()) return made;
  const absl::MutexLock lock(&mutex_);
  // Opening would cut the old file, which a power loss may bring back.
  if (Watch(normal) != nullptr) std::filesystem::remove(normal);
  made = FileSystemWrapper::NewWritableFile(name, options, file, debug);
  if (!made.ok()) return made;
  const FilePtr watched = Anchor(normal, 0);
  Note({.added = normal, .file = watched});
  *file =
      std::make_unique<WatchedFile>(std::move(*file), normal, watched, *this);
  return made;
}

IOStatus FaultyFileSystem::ReopenWritableFile(
    const std::string& /*name*/, const rocksdb::FileOptions& /*options*/,
    std::unique_ptr<rocksdb::FSWritableFile>* /*file*/,
    IODebugContext* /*debug*/) {
  return IOStatus::NotSupported("faulty disk: ReopenWritableFile");
}

IOStatus FaultyFileSystem::ReuseWritableFile(
    const std::string& /*name*/, const std::string& /*old_name*/,
    const rocksdb::FileOptions& /*options*/,
    std::unique_ptr<rocksdb::FSWritableFile>* /*file*/,
    IODebugContext* /*debug*/) {
  return IOStatus::NotSupported("faulty disk: ReuseWritableFile");
}

IOStatus FaultyFileSystem::NewDirectory(
    const std::string& name, const IOOptions& options,
    std::unique_ptr<rocksdb::FSDirectory>* directory, IODebugContext* debug) {
  IOStatus made =
      FileSystemWrapper::NewDirectory(name, options, directory, debug);
  if (made.ok()) {
    *directory = std::make_unique<WatchedDirectory>(std::move(*directory),
                                                    Normal(name), *this);
  }
  return made;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& name,
                                      const IOOptions& options,
                                      IODebugContext* debug) {
  const std::string normal = Normal(name);
  IOStatus done = Allow(DiskOperation::kAny, normal);
  if (!done.ok()) return done;
  const absl::MutexLock lock(&mutex_);
  const FilePtr watched = Watch(normal);
  done = FileSystemWrapper::DeleteFile(name, options, debug);
  if (done.ok() && watched != nullptr) Note({.removed = normal});
  return done;
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from,
                                      const std::string& to,
                                      const IOOptions& options,
                                      IODebugContext* debug) {
  const std::string normal = Normal(from);
  IOStatus done = Allow(DiskOperation::kAny, normal);
  if (!done.ok()) return done;
  const absl::MutexLock lock(&mutex_);
  const FilePtr watched = Watch(normal);
  const FilePtr overwritten = Watch(Normal(to));
  done = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (done.ok() && watched != nullptr) {
    Note({.removed = normal, .added = Normal(to), .file = watched});
  }
  return done;
}

IOStatus FaultyFileSystem::LinkFile(const std::string& from,
                                    const std::string& to,
                                    const IOOptions& options,
                                    IODebugContext* debug) {
  IOStatus done = Allow(DiskOperation::kAny, Normal(from));
  if (!done.ok()) return done;
  const absl::MutexLock lock(&mutex_);
  const FilePtr watched = Watch(Normal(from));
  done = FileSystemWrapper::LinkFile(from, to, options, debug);
  if (done.ok() && watched != nullptr) {
    Note({.added = Normal(to), .file = watched});
  }
  return done;
}

void FaultyFileSystem::LoseBytes(const std::string& name, DiskFile& file,
                                 std::mt19937_64* bits) {
  const uint64_t at_risk = file.written - file.synced;
  const uint64_t kept = bits == nullptr ? 0 : (*bits)() % (at_risk + 1);
  file.written = file.synced + kept;
  std::filesystem::resize_file(file.anchor, file.written);
  if (kept > 0 && !Matches(DiskFiles::kManifests, name) && (*bits)() % 3 == 0) {
    const uint64_t hole = (*bits)() % kept;
    const uint64_t length = 1 + (*bits)() % (kept - hole);
    std::fstream bytes(file.anchor,
                       std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(file.synced + hole));
    bytes << std::string(length, '\0');
  }
  file.synced = file.written;
  file.sync_failed = false;
}

void FaultyFileSystem::LosePower(std::optional<uint64_t> seed) {
  const absl::MutexLock lock(&mutex_);
  std::optional<std::mt19937_64> bits;
  if (seed.has_value()) bits.emplace(*seed);
  const size_t kept = bits.has_value() ? (*bits)() % (changes_.size() + 1) : 0;
  for (size_t i = 0; i < kept; ++i)
    Apply(changes_[i], durable_);
  changes_.clear();
  for (const auto& [name, file] : live_)
    std::filesystem::remove(name);
  std::map<DiskFile*, bool> done;
  for (const auto& [name, file] : durable_) {
    if (!std::exchange(done[file.get()], true)) {
      LoseBytes(name, *file, bits.has_value() ? &*bits : nullptr);
    }
    std::filesystem::create_hard_link(file->anchor, name);
  }
  live_ = durable_;
  plan_.reset();
  power_is_cut_ = false;
}

}  // namespace pistis
