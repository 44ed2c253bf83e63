#include "server/backups.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/storage/files.h"

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
    if (!absl::StartsWith(name, kScheduledPrefix)) continue;
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
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (!std::filesystem::is_regular_file(entry.symlink_status(error))) {
      return false;
    }
  }
  return !error;
}

// The manifest goes first: what a crash leaves is no backup.
absl::Status Remove(const std::string& path) {
  if (!HoldsPlainFilesAlone(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " holds more than a backup, so it stays"));
  }
  std::error_code error;
  std::filesystem::remove(absl::StrCat(path, "/", kBackupManifestName), error);
  if (!error) PISTIS_RETURN_IF_ERROR(SyncPath(path));
  if (!error) std::filesystem::remove_all(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(path, ": ", error.message()));
}

}  // namespace

Backups::Backups(const EngineRoom& room, BackupSource& source,
                 std::string directory)
    : room_(room),
      source_(source),
      directory_(AbsolutePath(directory)),
      last_success_us_(absl::ToUnixMicros(LatestBackupTime(directory_))) {}

absl::Time Backups::last_success() const {
  const int64_t last_us = last_success_us_;
  return last_us == kNever ? absl::InfinitePast()
                           : absl::FromUnixMicros(last_us);
}

absl::StatusOr<v1::Backup> Backups::Make(const std::string& id) {
  const std::string path = absl::StrCat(directory_, "/", id);
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(directory_));
  const auto manifest =
      CreateBackup(source_, path,
                   {.commit_seq = room_.executor.last_commit_seq(),
                    .now = room_.clock.Now(),
                    .stopping = &room_.stopping});
  if (absl::IsAlreadyExists(manifest.status())) {
    return Refuse(Reason::kAlreadyExists,
                  absl::StrCat("there is a backup ", id),
                  {{"kind", "backup"}, {"id", id}});
  }
  if (!manifest.ok()) return manifest.status();
  last_success_us_ = manifest->create_us();
  v1::Backup backup;
  backup.set_backup_id(id);
  backup.set_path(path);
  backup.set_commit_seq(manifest->commit_seq());
  *backup.mutable_create_time() =
      google::protobuf::util::TimeUtil::MicrosecondsToTimestamp(
          manifest->create_us());
  backup.set_files(manifest->files_size());
  for (const auto& file : manifest->files()) {
    backup.set_bytes(backup.bytes() + file.bytes());
  }
  return backup;
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
