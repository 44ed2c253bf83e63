// The backups of a running engine: those that are asked for, and those that
// are made by the clock.
#ifndef PISTIS_SERVER_BACKUPS_H_
#define PISTIS_SERVER_BACKUPS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "pistis/v1/admin_service.pb.h"

#include "engine/storage/backup.h"
#include "server/engine_room.h"

namespace pistis::server {

// What the ids of backups made by the clock begin with; others may not.
inline constexpr char kScheduledPrefix[] = "scheduled-";

// What stands behind a backup's id in the name of its folder until it is whole.
// No id holds a dot.
inline constexpr char kUnfinishedSuffix[] = ".tmp";
// How long what was broken off is left alone, so that nothing is taken away
// that somebody still makes.
inline constexpr absl::Duration kLeftoverAge = absl::Hours(24);

// A file beside the backups, locked by the server that makes them.
inline constexpr char kBackupLockName[] = "server.lock";

// The folder that gets a folder for each backup, made with the first. Any
// thread; room and source must outlive it.
class Backups {
 public:
  Backups(const EngineRoom& room, BackupSource& source, std::string directory);
  ~Backups();
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;

  // Keeps other servers out of the folder from now on, where there is one; the
  // first backup does so otherwise. kFailedPrecondition where another server
  // has it: each would remove, and count as its own, what the other makes.
  absl::Status Hold();

  // Makes the folder `id` a backup; minutes for a large store. It grows as
  // `id`.tmp, so that what has its name is whole. What a kill or a power loss
  // left of others is removed before, with a line in the log: RemoveLeftovers,
  // and whatever its age what it left of `id`. ALREADY_EXISTS where there is
  // something of this name, or it is being made; OVERLOADED where the server
  // stops before it is done, which it then is not; else as Hold.
  absl::StatusOr<v1::Backup> Make(const std::string& id);

  [[nodiscard]] const std::string& directory() const { return directory_; }

  // When the latest one was made, earlier runs of the server included;
  // absl::InfinitePast() where there is none.
  [[nodiscard]] absl::Time last_success() const;

 private:
  class Claim;

  absl::StatusOr<v1::Backup> MakeClaimed(const std::string& id);
  void ClearTheWay(const std::string& id);

  const EngineRoom& room_;
  BackupSource& source_;
  const std::string directory_;
  std::atomic<int64_t> last_success_us_;
  // One clears away at a time, and nothing is begun in between.
  absl::Mutex clearing_;
  mutable absl::Mutex mutex_;
  // The locked file; -1 before that.
  int lock_ ABSL_GUARDED_BY(mutex_) = -1;
  // The ids of those that are being made.
  absl::flat_hash_set<std::string> making_ ABSL_GUARDED_BY(mutex_);
};

struct RemovedLeftovers {
  // The names of those that went.
  std::vector<std::string> names;
  // Why one is still there; the others went all the same.
  absl::Status status;
};

// Removes from `backup_dir` what backups that were broken off left: folders
// named ID.tmp, but for the ids of `making`, that have not changed for
// kLeftoverAge before `now`. Touches none that holds anything but plain files
// of the kinds that a backup has. One that has its manifest, and all files of
// the sizes that it tells, lacked its name alone and gets that, where it is
// free.
RemovedLeftovers RemoveLeftovers(const std::string& backup_dir,
                                 const absl::flat_hash_set<std::string>& making,
                                 absl::Time now);

// Which backups made by the clock stay: the latest `count`, and of those only
// the ones younger than `age`. The latest whole one stays in any case.
struct Retention {
  int count = 7;
  absl::Duration age = absl::InfiniteDuration();
};

// Removes the others from `backup_dir`, oldest first. Each is named as a backup
// that was broken off before; what a crash leaves of it is removed as one, or
// has its name again where it was still whole. Touches no folder whose name is
// not that of a backup made by the clock, none that is no finished backup, and
// none that holds folders or links: kFailedPrecondition then, after the others
// went.
absl::Status RemoveOldBackups(const std::string& backup_dir,
                              const Retention& retention, absl::Time now);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_BACKUPS_H_
