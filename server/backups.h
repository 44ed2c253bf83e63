// The backups of a running engine: those that are asked for, and those that
// are made by the clock.
#ifndef PISTIS_SERVER_BACKUPS_H_
#define PISTIS_SERVER_BACKUPS_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/v1/admin_service.pb.h"

#include "engine/storage/backup.h"
#include "server/engine_room.h"

namespace pistis::server {

// What the ids of backups made by the clock begin with; others may not.
inline constexpr char kScheduledPrefix[] = "scheduled-";

// The folder that gets a folder for each backup, made with the first. Any
// thread; room and source must outlive it.
class Backups {
 public:
  Backups(const EngineRoom& room, BackupSource& source, std::string directory);

  // Makes the folder `id` a backup; minutes for a large store. ALREADY_EXISTS
  // where there is something of this name; kUnavailable where the server stops
  // before it is done, which it then is not.
  absl::StatusOr<v1::Backup> Make(const std::string& id);

  [[nodiscard]] const std::string& directory() const { return directory_; }

  // When the latest one was made, earlier runs of the server included;
  // absl::InfinitePast() where there is none.
  [[nodiscard]] absl::Time last_success() const;

 private:
  const EngineRoom& room_;
  BackupSource& source_;
  const std::string directory_;
  std::atomic<int64_t> last_success_us_;
};

// Which backups made by the clock stay: the latest `count`, and of those only
// the ones younger than `age`. The latest whole one stays in any case.
struct Retention {
  int count = 7;
  absl::Duration age = absl::InfiniteDuration();
};

// Removes the others from `backup_dir`, oldest first. Touches no folder whose
// name is not that of a backup made by the clock, none that is no finished
// backup, and none that holds folders or links: kFailedPrecondition then, after
// the others went.
absl::Status RemoveOldBackups(const std::string& backup_dir,
                              const Retention& retention, absl::Time now);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_BACKUPS_H_
