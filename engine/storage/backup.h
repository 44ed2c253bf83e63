// Backups: a folder that holds a copy of a store at one point in time, and a
// manifest, pistis-backup.json, that says what every file in it must be.
//
// Where the backup lies on the store's own file system, tables may be hard
// links: a backup then costs little, and is lost with that disk. Copy the
// folder to another machine; it may be copied by any means, and CheckBackup
// says whether that went well. Anyone who can read it can read all that is
// stored.
//
// Statuses as store.h names them, and those said below.
#ifndef PISTIS_ENGINE_STORAGE_BACKUP_H_
#define PISTIS_ENGINE_STORAGE_BACKUP_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/backup.pb.h"

namespace pistis {

inline constexpr char kBackupManifestName[] = "pistis-backup.json";

// What can be backed up: a store whose files can be copied while it serves.
class BackupSource {
 public:
  virtual ~BackupSource() = default;

  // Makes `directory`, an absolute path that does not exist in a folder that
  // does, and in it plain files from which the store can be opened as it was at
  // some moment of this call: all that was committed before it, and perhaps
  // some commits that were made meanwhile, without gaps. Commits go on. The
  // files need not be synced. Where it fails there is no `directory`.
  [[nodiscard]] virtual absl::Status CopyTo(const std::string& directory) = 0;
};

struct BackupOptions {
  // The last acknowledged commit; the backup holds at least these.
  int64_t commit_seq = 0;
  absl::Time now;
  // Ends the backup between two files once it is true: kUnavailable.
  const std::atomic<bool>* stopping = nullptr;
};

// Makes `directory` a backup; OK means that it survives a power loss. Any
// thread may call it; reads every copied byte once. kAlreadyExists where there
// is something at `directory`. Where it fails it takes away what it made, as
// far as the disk lets it; what it leaves has no manifest.
[[nodiscard]] absl::StatusOr<store::v1::BackupManifest> CreateBackup(
    BackupSource& source, const std::string& directory,
    const BackupOptions& options);

// The manifest, without a look at the files. kFailedPrecondition where there is
// none, so that `directory` is no finished backup, or where it is of another
// format version; kDataLoss where it is damaged.
[[nodiscard]] absl::StatusOr<store::v1::BackupManifest> ReadBackupManifest(
    const std::string& directory);

// When the latest finished backup among the folders in `directory` was made;
// absl::InfinitePast() where there is none, or none that can be read.
[[nodiscard]] absl::Time LatestBackupTime(const std::string& directory);

// Reads everything: OK where the folder holds exactly what was written to it,
// kDataLoss naming the file that is missing, too many, of another size or of
// another content; else as ReadBackupManifest.
[[nodiscard]] absl::Status CheckBackup(const std::string& directory);

// The same by names and sizes alone, which takes no time: what lacks a file or
// a part of one is found, what was written over is not.
[[nodiscard]] absl::Status CheckBackupSizes(const std::string& directory);

// Removes a backup, or what there is of one, with all that its folder holds.
// The manifest goes first, durably: what a failure or a crash leaves is no
// backup.
[[nodiscard]] absl::Status RemoveBackup(const std::string& directory);

// Makes `to` a data directory with the content of the backup `from`, which it
// checks before and whose copy it checks after. `to` must be absent or an empty
// folder: kFailedPrecondition where it holds anything. The copy grows beside
// it, in a folder of the same name with ".partial" behind, and takes its name
// when all is synced and checked; one that a broken restore left behind is not
// touched: kFailedPrecondition, remove it first. Removes nothing. The list of
// erased members beside `from` comes along.
[[nodiscard]] absl::Status RestoreBackup(const std::string& from,
                                         const std::string& to);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_BACKUP_H_
