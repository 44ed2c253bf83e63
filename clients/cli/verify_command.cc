// `pistis verify` and `pistis checkpoint`.
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

#include "clients/cli/local_recount.h"
#include "clients/cli/progress.h"
#include "clients/cli/proof_commands.h"
#include "clients/cli/recount_text.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"

namespace pistis {
namespace {

// What `verify` was told.
struct VerifyOptions {
  std::string data_dir;
  std::string backup;
  std::vector<std::string> checkpoints;
};

absl::StatusOr<std::vector<v1::LedgerCheckpoint>> ReadCheckpoints(
    const std::vector<std::string>& paths) {
  std::vector<v1::LedgerCheckpoint> checkpoints;
  for (const std::string& path : paths) {
    absl::StatusOr<v1::LedgerCheckpoint> checkpoint = ReadCheckpoint(path);
    if (!checkpoint.ok()) return UsageError(checkpoint.status().message());
    checkpoints.push_back(*std::move(checkpoint));
  }
  return checkpoints;
}

// Through the server, one program.
absl::StatusOr<std::vector<ProgramRecount>> RecountOnline(
    Session& session, std::vector<v1::LedgerCheckpoint> checkpoints) {
  v1::VerifyLedgerRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  for (v1::LedgerCheckpoint& checkpoint : checkpoints)
    *request.add_checkpoints() = std::move(checkpoint);
  StagedProgress shown;
  PISTIS_ASSIGN_OR_RETURN(v1::VerifyReport report,
                          session.client().VerifyLedger(
                              request, [&](const v1::VerifyProgress& progress) {
                                shown.Show(progress);
                                return Visit::kContinue;
                              }));
  return std::vector<ProgramRecount>{
      {.program_id = request.program_id(), .report = std::move(report)}};
}

// On this machine's disk, one program or all of them.
absl::StatusOr<std::vector<ProgramRecount>> RecountOffline(
    const Session& session, const VerifyOptions& options,
    std::vector<v1::LedgerCheckpoint> checkpoints) {
  const bool is_backup = !options.backup.empty();
  const LocalRecount what{.folder = is_backup
                                        ? LocalRecount::Folder::kBackup
                                        : LocalRecount::Folder::kDataDirectory,
                          .path = is_backup ? options.backup : options.data_dir,
                          .program_id = session.options().program,
                          .checkpoints = std::move(checkpoints)};
  StagedProgress shown;
  absl::StatusOr<std::vector<ProgramRecount>> recounts = RecountLocally(
      what, [&](const v1::VerifyProgress& progress) { shown.Show(progress); });
  if (!recounts.ok() && !ReasonOf(recounts.status())) {
    return UsageError(recounts.status().message());
  }
  return recounts;
}

absl::Status Verify(Session& session, const VerifyOptions& options) {
  PISTIS_ASSIGN_OR_RETURN(std::vector<v1::LedgerCheckpoint> checkpoints,
                          ReadCheckpoints(options.checkpoints));
  const bool online = options.data_dir.empty() && options.backup.empty();
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<ProgramRecount> recounts,
      online ? RecountOnline(session, std::move(checkpoints))
             : RecountOffline(session, options, std::move(checkpoints)));
  int64_t findings = 0;
  for (const ProgramRecount& recount : recounts) {
    findings += recount.report.finding_count();
    session.Print(session.json() ? absl::StrCat(RecountJson(recount), "\n")
                                 : RecountText(recount));
  }
  if (findings == 0) return absl::OkStatus();
  return Refuse(
      Reason::kRecordCorrupt,
      absl::StrCat("the recount found ", findings,
                   findings == 1 ? " thing" : " things", " that must not be"));
}

absl::Status Checkpoint(Session& session, const std::string& out) {
  v1::SignCheckpointRequest request;
  PISTIS_ASSIGN_OR_RETURN(*request.mutable_program_id(), session.Program());
  PISTIS_ASSIGN_OR_RETURN(const v1::LedgerCheckpoint checkpoint,
                          session.client().SignCheckpoint(request));
  if (out.empty()) {
    session.PrintJson(checkpoint);
    return absl::OkStatus();
  }
  google::protobuf::util::JsonPrintOptions style;
  style.preserve_proto_field_names = true;
  style.always_print_primitive_fields = true;
  std::string json;
  std::ofstream file(out);
  if (!google::protobuf::util::MessageToJsonString(checkpoint, &json, style)
           .ok() ||
      !(file << json << "\n"
             << std::flush)) {
    return UsageError(
        absl::StrCat("the checkpoint cannot be written to ", out));
  }
  return absl::OkStatus();
}

}  // namespace

void AddVerifyCommands(CommandLine& line) {
  const auto options = std::make_shared<VerifyOptions>();
  CLI::App* verify =
      line.app.add_subcommand("verify", "Recount a ledger from its entries up");
  CLI::Option* data_dir = verify->add_option(
      "--data_dir", options->data_dir,
      "A stopped server's data directory, in place of a server");
  verify
      ->add_option("--backup", options->backup,
                   "A backup, in place of a server")
      ->excludes(data_dir);
  verify->add_option("--checkpoint", options->checkpoints,
                     "A signed checkpoint to hold it against; may be repeated");
  verify->callback([&line, options] {
    line.chosen = [options](Session& session) {
      return Verify(session, *options);
    };
  });

  const auto out = std::make_shared<std::string>();
  CLI::App* checkpoint = line.app.add_subcommand(
      "checkpoint", "Sign how far a program's ledger has come");
  checkpoint->add_option("--out", *out, "Where to write it");
  checkpoint->callback([&line, out] {
    line.chosen = [out](Session& session) { return Checkpoint(session, *out); };
  });
}

}  // namespace pistis
