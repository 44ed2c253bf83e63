// Recounts and restores on this machine's disk, without a server. Apart from
// the other commands because it alone knows the engine's storage.
#ifndef PISTIS_CLIENTS_CLI_LOCAL_RECOUNT_H_
#define PISTIS_CLIENTS_CLI_LOCAL_RECOUNT_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "pistis/v1/admin_service.pb.h"

namespace pistis {

// What to recount.
struct LocalRecount {
  enum class Folder {
    // The data directory of a server that was stopped.
    kDataDirectory,
    // A backup: its files are held against its manifest too.
    kBackup,
  };
  Folder folder = Folder::kDataDirectory;
  std::string path;
  // Empty: all programs.
  std::string program_id;
  // Those of programs that are not recounted are findings: all checkpoints ask
  // for a program.
  std::vector<v1::LedgerCheckpoint> checkpoints;
};

// What a recount of one program found.
struct ProgramRecount {
  // Empty for what concerns all of the folder.
  std::string program_id;
  v1::VerifyReport report;
};

// Reads every file and recounts every program, in alphabetical order, writing
// nothing. Files that are damaged are findings of kind "file"; what can still
// be read is recounted. NOT_FOUND where the program is not there;
// FailedPrecondition where the folder is none such or a server has it open.
absl::StatusOr<std::vector<ProgramRecount>> RecountLocally(
    const LocalRecount& what,
    absl::FunctionRef<void(const v1::VerifyProgress& progress)> show);

// Makes `to`, absent or empty, a data directory with the content of the backup
// `from`. Statuses as RestoreBackup in engine/storage/backup.h.
absl::Status RestoreLocally(const std::string& from, const std::string& to);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_LOCAL_RECOUNT_H_
