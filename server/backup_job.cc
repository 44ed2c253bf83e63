#include "server/backup_job.h"

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr int kTriesPerPeriod = 10;
constexpr absl::Duration kLongestRetry = absl::Hours(1);

}  // namespace

BackupJob::BackupJob(const EngineRoom& room, Backups& backups,
                     const BackupSchedule& schedule)
    : room_(room), backups_(backups), schedule_(schedule) {
  if (schedule_.every > absl::ZeroDuration()) {
    thread_ = std::thread([this] { Loop(); });
  }
}

BackupJob::~BackupJob() {
  ending_.End();
  if (thread_.joinable()) thread_.join();
}

void BackupJob::Loop() {
  const absl::Duration age = room_.clock.Now() - backups_.last_success();
  absl::Duration wait =
      std::clamp(schedule_.every - age, absl::ZeroDuration(), schedule_.every);
  while (!ending_.EndsWithin(wait)) {
    wait = MakeOne();
  }
}

absl::Duration BackupJob::MakeOne() {
  const absl::Time now = room_.clock.Now();
  const auto backup = backups_.Make(absl::StrCat(
      kScheduledPrefix,
      absl::FormatTime("%Y%m%d-%H%M%S", now, absl::UTCTimeZone())));
  if (!backup.ok()) {
    if (room_.stopping) return schedule_.every;
    spdlog::error("no backup was made: {}", backup.status().ToString());
    return std::min(schedule_.every / kTriesPerPeriod, kLongestRetry);
  }
  spdlog::info("backup {} up to commit {}: {} bytes", backup->path(),
               backup->commit_seq(), backup->bytes());
  const absl::Status removed =
      RemoveOldBackups(backups_.directory(), schedule_.retention, now);
  if (!removed.ok()) {
    spdlog::error("old backups are still there: {}", removed.ToString());
  }
  return schedule_.every;
}

}  // namespace pistis::server
