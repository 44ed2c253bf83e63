#include "server/margin_job.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/status_macros.h"
#include "engine/operations/fold_margins.h"
#include "engine/operations/work_off_due.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

// A few thousandths of a second's work, so that sales hardly notice.
constexpr size_t kCommitsPerSlice = 250;
constexpr size_t kBytesPerSlice = size_t{1} << 20U;

}  // namespace

void MarginJob::Begin() {
  if (!programs_.empty()) return;
  const absl::StatusOr<std::vector<ProgramId>> programs =
      ListProgramIds(*room_.store.GetSnapshot());
  if (!programs.ok()) {
    spdlog::warn("sums of sales are put off, programs cannot be listed: {}",
                 programs.status().ToString());
    return;
  }
  programs_.assign(programs->begin(), programs->end());
}

bool MarginJob::Step() {
  while (!programs_.empty()) {
    const absl::StatusOr<Slice> slice = Fold(programs_.front());
    Warn(programs_.front(), slice.status());
    // Each program has its turn, however far behind another one is.
    if (slice.ok() && slice->more) programs_.push_back(programs_.front());
    programs_.pop_front();
    if (!slice.ok() || slice->did_work) return !programs_.empty();
  }
  return false;
}

// Passes come every other second: what stays wrong is told of once.
void MarginJob::Warn(const ProgramId& program, const absl::Status& status) {
  absl::Status& told = told_[program];
  if (!status.ok() && status != told) {
    spdlog::warn("sums of sales of program {} are put off: {}", program.text(),
                 status.ToString());
  }
  told = status;
}

absl::StatusOr<MarginJob::Slice> MarginJob::Fold(const ProgramId& program) {
  PISTIS_ASSIGN_OR_RETURN(
      FoldedMargins folded,
      FoldMargins(
          room_.env, *room_.store.GetSnapshot(), program,
          {.max_commits = kCommitsPerSlice, .max_bytes = kBytesPerSlice}));
  const Slice slice{.did_work = folded.to_commit != folded.from_commit,
                    .more = folded.more};
  if (!slice.did_work) return slice;
  PISTIS_RETURN_IF_ERROR(
      RunCommand<PutMarginsReply>(
          room_.executor,
          [&](const Reader& reader, const CommitContext& /*context*/) {
            return PutMargins(reader, program, std::move(folded));
          })
          .status());
  return slice;
}

}  // namespace pistis::server
