#include "server/backups.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/files.h"
#include "engine/storage/rocksdb/store_copy.h"
#include "spdlog/spdlog.h"
#include <fcntl.h>
#include <unistd.h>

namespace pistis::server {
namespace {

// What absl::ToUnixMicros makes of absl::InfinitePast().
constexpr int64_t kNever = std::numeric_limits<int64_t>::min();

// One finished backup made by the clock.
struct Scheduled {
  std::string path;
  absl::Time made;
};

// Oldest first: the names hold the time.
absl::StatusOr<std::vector<Scheduled>> FinishedIn(
    const std::string& backup_dir) {
  std::vector<Scheduled> found;
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          NamesIn(backup_dir));
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, kScheduledPrefix) ||
        absl::EndsWith(name, kUnfinishedSuffix)) {
      continue;
    }
    const std::string path = absl::StrCat(backup_dir, "/", name);
    const auto manifest = ReadBackupManifest(path);
    if (!manifest.ok()) continue;
    found.push_back({path, absl::FromUnixMicros(manifest->create_us())});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Scheduled& one, const Scheduled& other) {
                     return one.made < other.made;
                   });
  return found;
}

// A backup's folder has plain files alone; anything else was put there by
// somebody, who may want it back.
bool HoldsPlainFilesAlone(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(
          std::filesystem::symlink_status(path, error))) {
    return false;
  }
  const auto names = NamesIn(path);
  return names.ok() &&
         std::all_of(names->begin(), names->end(), [&](const auto& name) {
           return std::filesystem::is_regular_file(
               std::filesystem::symlink_status(absl::StrCat(path, "/", name),
                                               error));
         });
}

std::string Unfinished(const std::string& path) {
  return absl::StrCat(path, kUnfinishedSuffix);
}

// Its name goes first, so that what a crash leaves is found again.
absl::Status Remove(const std::string& path) {
  if (!HoldsPlainFilesAlone(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " holds more than a backup, so it stays"));
  }
  PISTIS_RETURN_IF_ERROR(RenameDurably(path, Unfinished(path)));
  return RemoveBackup(Unfinished(path));
}

// Of a copy's files, and of those that are added to it, alone.
bool HasNamesOfACopy(const std::string& path) {
  const auto names = NamesIn(path);
  return names.ok() &&
         std::all_of(names->begin(), names->end(), [](const auto& name) {
           return IsNameInCopy(name) || absl::StartsWith(name, "pistis-");
         });
}

// Whether `path` was what a backup left that was broken off, and is removed.
// One that is whole lacked nothing but its name, and gets that.
absl::StatusOr<bool> RemoveLeftover(const std::string& path) {
  if (!HoldsPlainFilesAlone(path)) return false;
  const std::string name(absl::StripSuffix(path, kUnfinishedSuffix));
  if (PathExists(absl::StrCat(path, "/", kBackupManifestName))) {
    const absl::Status whole = CheckBackupSizes(path);
    if (whole.ok()) {
      if (!PathExists(name)) PISTIS_RETURN_IF_ERROR(RenameDurably(path, name));
      return false;
    }
    // Of another version, or cannot be read now.
    if (!absl::IsDataLoss(whole)) return whole;
  }
  if (!HasNamesOfACopy(path)) return false;
  PISTIS_RETURN_IF_ERROR(RemoveBackup(path));
  return true;
}

// Locks the file, which is made where there is none, until it is closed.
absl::StatusOr<int> LockFile(const std::string& path) {
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool is_open = file >= 0;
  if (is_open && flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  const int error = errno;
  if (is_open) close(file);
  if (is_open && error == EWOULDBLOCK) {
    return absl::FailedPreconditionError(
        absl::StrCat("another server makes its backups in ", FolderOf(path),
                     "; each needs a folder of its own"));
  }
  return absl::UnavailableError(absl::StrCat(
      "lock ", path, ": ", std::generic_category().message(error)));
}

// When something was added to the folder or taken out, or never.
absl::Time LastChange(const std::string& path) {
  struct stat found = {};
  return lstat(path.c_str(), &found) == 0
             ? absl::TimeFromTimespec(found.st_mtim)
             : absl::InfiniteFuture();
}

absl::Status IsThere(const std::string& id, absl::string_view what) {
  return Refuse(Reason::kAlreadyExists, what, {{"kind", "backup"}, {"id", id}});
}

v1::Backup Describe(const std::string& id, const std::string& path,
                    const store::v1::BackupManifest& manifest) {
  v1::Backup backup;
  backup.set_backup_id(id);
  backup.set_path(path);
  backup.set_commit_seq(manifest.commit_seq());
  *backup.mutable_create_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
          manifest.create_us());
  backup.set_files(manifest.files_size());
  for (const auto& file : manifest.files())
    backup.set_bytes(backup.bytes() + file.bytes());
  return backup;
}

}  // namespace

// An id for as long as its backup is being made.
class Backups::Claim {
 public:
  Claim(Backups& backups, std::string id)
      : backups_(backups), id_(std::move(id)), is_granted_(Take()) {}
  ~Claim() {
    if (!is_granted_) return;
    const absl::MutexLock lock(&backups_.mutex_);
    backups_.making_.erase(id_);
  }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  [[nodiscard]] bool is_granted() const { return is_granted_; }

 private:
  bool Take() {
    const absl::MutexLock lock(&backups_.mutex_);
    return backups_.making_.insert(id_).second;
  }

  Backups& backups_;
  const std::string id_;
  const bool is_granted_;
};

Backups::Backups(const EngineRoom& room, BackupSource& source,
                 std::string directory)
    : room_(room),
      source_(source),
      directory_(AbsolutePath(directory)),
      last_success_us_(absl::ToUnixMicros(LatestBackupTime(directory_))) {}

Backups::~Backups() {
  const absl::MutexLock lock(&mutex_);
  if (lock_ >= 0) close(lock_);
}

absl::Status Backups::Hold() {
  const absl::MutexLock lock(&mutex_);
  if (lock_ >= 0 || !PathExists(directory_)) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(
      lock_, LockFile(absl::StrCat(directory_, "/", kBackupLockName)));
  return absl::OkStatus();
}

absl::Time Backups::last_success() const {
  const int64_t last_us = last_success_us_;
  return last_us == kNever ? absl::InfinitePast()
                           : absl::FromUnixMicros(last_us);
}

absl::StatusOr<v1::Backup> Backups::Make(const std::string& id) {
  const Claim claim(*this, id);
  if (!claim.is_granted()) {
    return IsThere(id, absl::StrCat("the backup ", id, " is being made"));
  }
  // Not begun once the server stops, so that memory is not flushed for it.
  auto backup = room_.stopping ? absl::UnavailableError("") : MakeClaimed(id);
  if (absl::IsUnavailable(backup.status()) && room_.stopping) {
    return Refuse(Reason::kOverloaded,
                  "the server stops before the backup is made");
  }
  return backup;
}

absl::StatusOr<v1::Backup> Backups::MakeClaimed(const std::string& id) {
  const std::string path = absl::StrCat(directory_, "/", id);
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(directory_));
  PISTIS_RETURN_IF_ERROR(Hold());
  ClearTheWay(id);
  if (PathExists(path)) {
    return IsThere(
        id, PathExists(absl::StrCat(path, "/", kBackupManifestName))
                ? absl::StrCat("there is a backup ", id)
                : absl::StrCat(path, " is in the way, and is no backup"));
  }
  const auto manifest =
      CreateBackup(source_, Unfinished(path),
                   {.commit_seq = room_.executor.last_commit_seq(),
                    .now = room_.clock.Now(),
                    .stopping = &room_.stopping});
  if (absl::IsAlreadyExists(manifest.status())) {
    return IsThere(id, absl::StrCat(Unfinished(path),
                                    " is in the way; it holds what no backup "
                                    "makes, so it was not removed"));
  }
  if (!manifest.ok()) return manifest.status();
  const absl::Status named = RenameDurably(Unfinished(path), path);
  if (!named.ok()) {
    RemoveBackup(Unfinished(path)).IgnoreError();
    return named;
  }
  last_success_us_ = manifest->create_us();
  return Describe(id, path, *manifest);
}

// Of `id`, which only this can be making, what is left goes at once.
void Backups::ClearTheWay(const std::string& id) {
  const absl::MutexLock clearing(&clearing_);
  std::vector<std::string> removed;
  const auto own =
      RemoveLeftover(Unfinished(absl::StrCat(directory_, "/", id)));
  if (own.ok() && *own) removed.push_back(Unfinished(id));
  absl::flat_hash_set<std::string> making;
  {
    const absl::MutexLock lock(&mutex_);
    making = making_;
  }
  const RemovedLeftovers others =
      RemoveLeftovers(directory_, making, room_.clock.Now());
  removed.insert(removed.end(), others.names.begin(), others.names.end());
  if (!removed.empty()) {
    spdlog::warn("removed what backups that were broken off left in {}: {}",
                 directory_, absl::StrJoin(removed, ", "));
  }
  for (const absl::Status& failed : {own.status(), others.status}) {
    if (failed.ok()) continue;
    spdlog::error("what a backup that was broken off left is still there: {}",
                  failed.ToString());
  }
}

RemovedLeftovers RemoveLeftovers(const std::string& backup_dir,
                                 const absl::flat_hash_set<std::string>& making,
                                 absl::Time now) {
  const auto names = NamesIn(backup_dir);
  if (!names.ok()) return {.names = {}, .status = names.status()};
  RemovedLeftovers removed;
  for (const std::string& name : *names) {
    absl::string_view id = name;
    if (!absl::ConsumeSuffix(&id, kUnfinishedSuffix) || making.contains(id)) {
      continue;
    }
    const std::string path = absl::StrCat(backup_dir, "/", name);
    if (now - LastChange(path) < kLeftoverAge) continue;
    const absl::StatusOr<bool> was_one = RemoveLeftover(path);
    removed.status.Update(was_one.status());
    if (was_one.ok() && *was_one) removed.names.push_back(name);
  }
  return removed;
}

absl::Status RemoveOldBackups(const std::string& backup_dir,
                              const Retention& retention, absl::Time now) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Scheduled> backups,
                          FinishedIn(backup_dir));
  absl::Status removed;
  for (size_t i = 0; i + 1 < backups.size(); ++i) {
    const bool is_surplus =
        backups.size() - i > static_cast<size_t>(retention.count);
    if (!is_surplus && now - backups[i].made < retention.age) break;
    removed.Update(Remove(backups[i].path));
  }
  return removed;
}

}  // namespace pistis::server
