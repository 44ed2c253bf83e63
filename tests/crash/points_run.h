// One folder's life: a server at work on points, killed and started again.
#ifndef PISTIS_TESTS_CRASH_POINTS_RUN_H_
#define PISTIS_TESTS_CRASH_POINTS_RUN_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "tests/crash/command_loop.h"
#include "tests/crash/command_maker.h"
#include "tests/crash/effects.h"
#include "tests/crash/held_ledger.h"
#include "tests/crash/settings.h"
#include "tests/support/temp_dir.h"

namespace pistis::crash {

// How many loops are at work at once.
inline constexpr int kPointsLoops = 16;

// A backup that was asked for under load.
struct BackupTry {
  // Everything answered before this must be in it.
  absl::Time begin;
  bool acknowledged = false;
  std::string path;
  // The last commit that it must hold.
  int64_t commit_seq = 0;
};

// A server on a folder of its own, and the journal of all that was ever sent to
// it. One thread at a time, the one that made it.
class PointsRun {
 public:
  PointsRun(const Settings& settings, int first_cycle);

  // A new server, with program, rulebook and members.
  absl::Status Open();
  // All loops at work until the server is killed at a random moment.
  void LoadAndKill(int cycle);
  // The same, with a backup on the way: in even cycles the server is killed
  // after it, in odd ones perhaps in the middle of it.
  BackupTry LoadBackUpAndKill(int cycle);
  // Starts the server again, compares what it holds with the journal, and sends
  // everything of the last load once more; what came of that is compared with
  // the next crash, or when it stops.
  absl::Status StartAndCompare(int cycle);
  // Restores the backup, starts a server on it, compares what that holds with
  // the journal, and lets it go on. Before the killed server starts again.
  // True where there was a backup to restore.
  absl::StatusOr<bool> RestoreAndCompare(const BackupTry& backup);
  // An orderly end, a start, and everything sent and read again.
  absl::Status StopAndCompare();

  [[nodiscard]] Findings& findings() { return findings_; }
  [[nodiscard]] const CommandJournal& journal() const { return all_; }

 private:
  class Load;

  // The journal as it must be in a backup that ends with this commit.
  CommandJournal JournalUntil(const BackupTry& backup, int64_t commit_seq);
  std::string BackupName(int cycle) const;
  absl::Duration Moment(double least, double most);

  const Settings settings_;
  std::minstd_rand random_;
  TempDir folder_;
  Findings findings_;
  Shop shop_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<CommandMaker> makers_;
  // By loop: the last load.
  std::vector<CommandJournal> parts_;
  // Everything sent, the last load too.
  CommandJournal all_;
  int restored_ = 0;
};

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_POINTS_RUN_H_
