// The job that makes backups by the clock.
#ifndef PISTIS_SERVER_BACKUP_JOB_H_
#define PISTIS_SERVER_BACKUP_JOB_H_

#include <thread>

#include "absl/time/time.h"

#include "server/backups.h"
#include "server/ending.h"
#include "server/engine_room.h"

namespace pistis::server {

struct BackupSchedule {
  // Zero: none are made by the clock.
  absl::Duration every = absl::ZeroDuration();
  Retention retention = {};
};

// Makes a backup when the latest one is `every` old, then every `every`; tries
// again after a tenth of that where it fails, at most an hour, and then removes
// the old ones. On a thread of its own; waits are counted by the steady clock.
class BackupJob {
 public:
  // The room and the backups must outlive the job.
  BackupJob(const EngineRoom& room, Backups& backups,
            const BackupSchedule& schedule);
  BackupJob(const BackupJob&) = delete;
  BackupJob& operator=(const BackupJob&) = delete;
  // Ends soon where the room is stopping; a backup under way is not made then.
  ~BackupJob();

 private:
  void Loop();
  // How long to wait until the next one.
  absl::Duration MakeOne();

  const EngineRoom& room_;
  Backups& backups_;
  const BackupSchedule schedule_;
  Ending ending_;
  std::thread thread_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_BACKUP_JOB_H_
