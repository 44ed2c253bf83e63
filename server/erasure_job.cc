#include "server/erasure_job.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/operations/work_off_due.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

constexpr size_t kMembersPerWalk = 256;
constexpr size_t kKeysPerLook = 2000;
constexpr ptrdiff_t kKeysPerCommand = 64;

}  // namespace

bool ErasureJob::Step() {
  absl::Status done = walk_ ? Look() : Begin();
  if (done.ok() && walk_ && walk_->of.is_done()) done = Finish();
  if (!done.ok()) {
    spdlog::warn("what erased members left is not cleaned yet: {}",
                 done.ToString());
    walk_.reset();
  }
  return walk_.has_value();
}

absl::Status ErasureJob::Begin() {
  const std::unique_ptr<Snapshot> snapshot = room_.store.GetSnapshot();
  PISTIS_ASSIGN_OR_RETURN(const std::vector<ProgramId> programs,
                          ListProgramIds(*snapshot));
  for (const ProgramId& program : programs) {
    PISTIS_ASSIGN_OR_RETURN(std::set<MemberId> members,
                            FindUnclean(*snapshot, program, kMembersPerWalk));
    if (members.empty()) continue;
    walk_ = Walk{.of = ErasureWalk(program, std::move(members))};
    break;
  }
  return absl::OkStatus();
}

absl::Status ErasureJob::Look() {
  PISTIS_ASSIGN_OR_RETURN(
      const CleanErasedInput found,
      walk_->of.Next(*room_.store.GetSnapshot(), kKeysPerLook));
  CleanErasedInput part{.program = found.program, .table = found.table};
  for (auto next = found.keys.begin(); next != found.keys.end();) {
    const auto end =
        next + std::min<ptrdiff_t>(found.keys.end() - next, kKeysPerCommand);
    part.keys.assign(next, end);
    PISTIS_ASSIGN_OR_RETURN(
        const CleanErasedReply reply,
        RunCommand<CleanErasedReply>(
            room_.executor,
            [&](const Reader& reader, const CommitContext& context) {
              return CleanErased(room_.env, reader, context, part);
            }));
    walk_->cleaned += reply.cleaned;
    next = end;
  }
  return absl::OkStatus();
}

absl::Status ErasureJob::Finish() {
  const ErasureWalk& walk = walk_->of;
  PISTIS_RETURN_IF_ERROR(
      log_.Note(*room_.store.GetSnapshot(), walk.program(), walk.members()));
  PISTIS_RETURN_IF_ERROR(
      RunCommand<CleanErasedReply>(
          room_.executor,
          [&](const Reader& reader, const CommitContext& /*context*/) {
            return FinishCleaning(reader, walk.program(), walk.members());
          })
          .status());
  spdlog::info("program {}: {} records of {} erased members were cleaned",
               walk.program().text(), walk_->cleaned, walk.members().size());
  walk_.reset();
  return Begin();
}

}  // namespace pistis::server
