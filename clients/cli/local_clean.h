// Cleans backups on this machine's disk of members who were erased since they
// were made, without a server.
#ifndef PISTIS_CLIENTS_CLI_LOCAL_CLEAN_H_
#define PISTIS_CLIENTS_CLI_LOCAL_CLEAN_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace pistis {

// The file in a backup that says which erasures it was cleaned of, of the form
// of erasures.jsonl.
inline constexpr char kCleanedOfName[] = "cleaned-of.jsonl";

// What to clean.
struct BackupFolder {
  std::string path;
  // What the work leaves free on its disk, which may be the data's, too.
  int64_t spare_bytes = int64_t{1} << 30U;
};

// What became of one backup.
struct BackupCleaning {
  // Of its folder.
  std::string name;
  enum class Outcome {
    // It was cleaned of all these erasures before, and is left as it is.
    kWasClean,
    // It was made anew.
    kCleaned,
    // It was removed meanwhile, as a server does by its schedule.
    kIsGone,
    // It is left as it was; `why` says why. Also for a link out of the folder,
    // and for what a crash left of a backup that was being made a day ago.
    kFailed,
  };
  Outcome outcome = Outcome::kWasClean;
  // Members whom it still had, and records that still told of erased ones.
  int64_t members = 0;
  int64_t records = 0;
  absl::Status why;
};

// Makes each finished backup in `folder` anew that was not cleaned yet of all
// whom the folder's erasures.jsonl names, without any byte of theirs: restores
// it, erases and cleans there, copies what is left to a new database, makes a
// backup of that with the old one's time, and checks it. The two then change
// places at one moment, so that a crash leaves the one or the other whole, and
// the old one is removed. `done` hears of each, oldest name first. Works in the
// folder's .cleaning, which takes up to twice a backup's room, and leaves a
// backup alone where there is not as much; removes what a crash left there. The
// new one has the old one's mode, owner and group, and its files those of the
// manifest; a group gets nothing that this user may not give it. Links to a
// neighbour are passed over. Servers may use the folder meanwhile. After a
// failed write the process ends: exit code 1.
//
// FailedPrecondition, and nothing is done, where there is no erasures.jsonl,
// another process cleans the folder, or it belongs to another user; DataLoss
// where erasures.jsonl is damaged, and after all was done where its end is
// torn; Unavailable for other answers of the system. What one backup alone has
// is told to `done`.
absl::Status CleanBackupsLocally(
    const BackupFolder& folder,
    absl::FunctionRef<void(const BackupCleaning&)> done);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_LOCAL_CLEAN_H_
