// `pistis backup`, `pistis backup clean` and `pistis restore`.
#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "clients/cli/json_object.h"
#include "clients/cli/local_clean.h"
#include "clients/cli/local_recount.h"
#include "clients/cli/proof_commands.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

absl::Status Backup(Session& session, const std::string& backup_id) {
  v1::CreateBackupRequest request;
  request.set_backup_id(
      backup_id.empty()
          ? absl::FormatTime("%Y%m%d-%H%M%S", absl::Now(), absl::UTCTimeZone())
          : backup_id);
  PISTIS_ASSIGN_OR_RETURN(const v1::Backup backup,
                          session.client().CreateBackup(request));
  if (session.json()) {
    session.PrintJson(backup);
    return absl::OkStatus();
  }
  session.Print(absl::StrCat("backup ", backup.backup_id(), " up to commit ",
                             backup.commit_seq(), ": ", backup.files(),
                             " files, ", backup.bytes(), " bytes in ",
                             backup.path(), "\n"));
  return absl::OkStatus();
}

absl::string_view NameOf(BackupCleaning::Outcome outcome) {
  switch (outcome) {
    case BackupCleaning::Outcome::kWasClean:
      return "was clean";
    case BackupCleaning::Outcome::kCleaned:
      return "cleaned";
    case BackupCleaning::Outcome::kIsGone:
      return "removed meanwhile";
    case BackupCleaning::Outcome::kFailed:
      return "left as it was";
  }
  return "";
}

std::string TextOf(const BackupCleaning& of) {
  std::string text = absl::StrCat("backup ", of.name, ": ", NameOf(of.outcome));
  if (of.outcome == BackupCleaning::Outcome::kCleaned) {
    absl::StrAppend(&text, ", ", of.members, " members and ", of.records,
                    " records");
  }
  if (!of.why.ok()) absl::StrAppend(&text, ": ", of.why.message());
  return absl::StrCat(text, "\n");
}

std::string JsonOf(const BackupCleaning& of) {
  return absl::StrCat(JsonObject()
                          .Add("backup", of.name)
                          .Add("outcome", NameOf(of.outcome))
                          .Add("members", of.members)
                          .Add("records", of.records)
                          .Add("problem", of.why.message())
                          .Text(),
                      "\n");
}

absl::Status Clean(const Session& session, const std::string& folder) {
  int64_t failed = 0;
  const absl::Status done =
      CleanBackupsLocally({.path = folder}, [&](const BackupCleaning& of) {
        if (of.outcome == BackupCleaning::Outcome::kFailed) ++failed;
        session.Print(session.json() ? JsonOf(of) : TextOf(of));
      });
  if (absl::IsDataLoss(done)) {
    return Refuse(Reason::kRecordCorrupt, done.message());
  }
  if (!done.ok()) return UsageError(done.message());
  return failed == 0 ? absl::OkStatus() : RefusalTold();
}

// What the command was told.
struct Folders {
  std::string from;
  std::string to;
};

absl::Status Restore(const Session& session, const Folders& folders) {
  const absl::Status restored = RestoreLocally(folders.from, folders.to);
  if (absl::IsDataLoss(restored)) {
    return Refuse(Reason::kRecordCorrupt, restored.message());
  }
  if (!restored.ok()) return UsageError(restored.message());
  session.Print(session.json() ? absl::StrCat(JsonObject()
                                                  .Add("from", folders.from)
                                                  .Add("to", folders.to)
                                                  .Text(),
                                              "\n")
                               : absl::StrCat("restored ", folders.from, " to ",
                                              folders.to, "\n"));
  return absl::OkStatus();
}

}  // namespace

void AddBackupCommands(CommandLine& line) {
  const auto backup_id = std::make_shared<std::string>();
  CLI::App* backup = line.app.add_subcommand(
      "backup", "Copy all that the server stores, while it serves");
  backup->add_option("--id", *backup_id,
                     "Its name; the time in UTC where none is given");
  const auto folder = std::make_shared<std::string>();
  CLI::App* clean = backup->add_subcommand(
      "clean", "Make backups anew without members who were erased since");
  clean
      ->add_option("folder", *folder,
                   "The folder of the backups, with its erasures.jsonl")
      ->required();
  clean->callback([&line, folder] {
    line.chosen = [folder](Session& session) {
      return Clean(session, *folder);
    };
  });
  backup->callback([&line, backup, backup_id] {
    if (!backup->get_subcommands().empty()) return;
    line.chosen = [backup_id](Session& session) {
      return Backup(session, *backup_id);
    };
  });

  const auto folders = std::make_shared<Folders>();
  CLI::App* restore = line.app.add_subcommand(
      "restore", "Make a data directory of a backup, on this machine");
  restore->add_option("backup", folders->from, "The backup")->required();
  restore->add_option("data_dir", folders->to, "A folder that is new or empty")
      ->required();
  restore->callback([&line, folders] {
    line.chosen = [folders](Session& session) {
      return Restore(session, *folders);
    };
  });
}

}  // namespace pistis
