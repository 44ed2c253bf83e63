#include "clients/cli/local_recount.h"

#include <memory>
#include <utility>

#include "absl/strings/string_view.h"

#include "engine/base/ids.h"
#include "engine/base/status_macros.h"
#include "engine/operations/open_store.h"
#include "engine/operations/verify_ledger.h"
#include "engine/operations/work_off_due.h"
#include "engine/storage/backup.h"
#include "engine/storage/rocksdb/stopped_store.h"

namespace pistis {
namespace {

void AddFinding(absl::string_view kind, absl::string_view where,
                absl::string_view problem, v1::VerifyReport& report) {
  v1::VerifyFinding* finding = report.add_findings();
  finding->set_kind(std::string(kind));
  finding->set_where(std::string(where));
  finding->set_problem(std::string(problem));
  report.set_finding_count(report.finding_count() + 1);
}

// Damage is what is looked for: a finding, not a failure.
absl::Status KeepDamage(absl::Status status, const std::string& path,
                        v1::VerifyReport& report) {
  if (!absl::IsDataLoss(status)) return status;
  AddFinding("file", path, status.message(), report);
  return absl::OkStatus();
}

class FolderRecount {
 public:
  FolderRecount(const LocalRecount& what,
                absl::FunctionRef<void(const v1::VerifyProgress&)> show)
      : what_(what), show_(show) {}

  absl::StatusOr<std::vector<ProgramRecount>> Run() && {
    if (what_.folder == LocalRecount::Folder::kBackup) {
      Show("files");
      PISTIS_RETURN_IF_ERROR(
          KeepDamage(CheckBackup(what_.path), what_.path, folder_));
    }
    const auto store = StoppedStore::Open({.path = what_.path});
    if (store.ok()) {
      Show("tables");
      PISTIS_RETURN_IF_ERROR(
          KeepDamage((*store)->CheckTables(), what_.path, folder_));
      PISTIS_RETURN_IF_ERROR(RecountAll(**store));
    } else {
      PISTIS_RETURN_IF_ERROR(KeepDamage(store.status(), what_.path, folder_));
    }
    FindLeftCheckpoints();
    if (folder_.finding_count() > 0) {
      recounts_.insert(recounts_.begin(),
                       {.program_id = {}, .report = folder_});
    }
    return std::move(recounts_);
  }

 private:
  void Show(absl::string_view stage) const {
    v1::VerifyProgress progress;
    progress.set_stage(std::string(stage));
    show_(progress);
  }

  absl::Status RecountAll(const StoppedStore& store) {
    const std::unique_ptr<Snapshot> snapshot = store.GetSnapshot();
    PISTIS_RETURN_IF_ERROR(CheckFormatVersion(*snapshot));
    std::vector<ProgramId> programs = {ProgramId(what_.program_id)};
    if (what_.program_id.empty()) {
      absl::StatusOr<std::vector<ProgramId>> all = ListProgramIds(*snapshot);
      if (!all.ok()) return KeepDamage(all.status(), what_.path, folder_);
      programs = *std::move(all);
    }
    for (const ProgramId& program : programs)
      PISTIS_RETURN_IF_ERROR(RecountProgram(*snapshot, program));
    return absl::OkStatus();
  }

  absl::Status RecountProgram(const Reader& reader, const ProgramId& program) {
    v1::VerifyLedgerRequest request;
    request.set_program_id(program.text());
    for (const v1::LedgerCheckpoint& checkpoint : what_.checkpoints) {
      if (checkpoint.program_id() != program.text()) continue;
      *request.add_checkpoints() = checkpoint;
    }
    ProgramRecount& recount =
        recounts_.emplace_back(ProgramRecount{program.text(), {}});
    absl::StatusOr<v1::VerifyReport> report = VerifyLedger(
        reader, request, [this](const v1::VerifyProgress& progress) {
          show_(progress);
          return true;
        });
    if (!report.ok()) {
      return KeepDamage(report.status(), what_.path, recount.report);
    }
    recount.report = *std::move(report);
    return absl::OkStatus();
  }

  // A checkpoint of a program that is gone tells that it is gone.
  void FindLeftCheckpoints() {
    for (const v1::LedgerCheckpoint& checkpoint : what_.checkpoints) {
      bool recounted = false;
      for (const ProgramRecount& recount : recounts_) {
        recounted |= recount.program_id == checkpoint.program_id();
      }
      if (recounted) continue;
      AddFinding("checkpoint", checkpoint.program_id(),
                 "the program that it was signed for was not recounted",
                 folder_);
    }
  }

  const LocalRecount& what_;
  absl::FunctionRef<void(const v1::VerifyProgress&)> show_;
  v1::VerifyReport folder_;
  std::vector<ProgramRecount> recounts_;
};

}  // namespace

absl::StatusOr<std::vector<ProgramRecount>> RecountLocally(
    const LocalRecount& what,
    absl::FunctionRef<void(const v1::VerifyProgress& progress)> show) {
  return FolderRecount(what, show).Run();
}

absl::Status RestoreLocally(const std::string& from, const std::string& to) {
  return RestoreBackup(from, to);
}

}  // namespace pistis
