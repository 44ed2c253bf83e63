#include "server/due_job.h"

#include <algorithm>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/operations/follow_ups.h"
#include "engine/operations/work_off_due.h"
#include "server/run_command.h"
#include "spdlog/spdlog.h"

namespace pistis::server {
namespace {

// Where a queue was worked off, removed keys must be passed over until storage
// drops them, so a pass starts near the place the last one reached. A sale that
// an offline till sends late may fall due a little before that place, an
// imported one long before, so some passes start at the front.
constexpr absl::Duration kLateSales = absl::Hours(24 * 4);
constexpr int kPassesFromTheFront = 720;

}  // namespace

void DueJob::Pass(Ending& ending) {
  if (passes_++ % kPassesFromTheFront == 0) {
    reached_.clear();
    cases_reached_.clear();
  }
  const absl::StatusOr<std::vector<ProgramId>> programs =
      ListProgramIds(*room_.store.GetSnapshot());
  if (!programs.ok()) {
    spdlog::error("what is due is put off, programs cannot be listed: {}",
                  programs.status().ToString());
    return;
  }
  for (const ProgramId& program : *programs) {
    WorkOff(program, ending);
    WorkOffCases(program, ending);
  }
}

void DueJob::WorkOffCases(const ProgramId& program, Ending& ending) {
  WorkOffCasesInput input{.program = program};
  // What was due before is over, and nothing is put there later.
  const auto reached = cases_reached_.find(program);
  if (reached != cases_reached_.end()) input.from = reached->second;
  while (!ending.EndsWithin(absl::ZeroDuration())) {
    const absl::StatusOr<WorkOffCasesReply> reply =
        RunCommand<WorkOffCasesReply>(
            room_.executor,
            [&](const Reader& reader, const CommitContext& context) {
              return pistis::WorkOffCases(room_.env, reader, context, input);
            });
    if (!reply.ok()) {
      spdlog::warn("cases that are due in program {} are put off: {}",
                   program.text(), reply.status().ToString());
      return;
    }
    input.from = reply->reached;
    cases_reached_[program] = reply->reached;
    if (!reply->more) return;
  }
}

void DueJob::WorkOff(const ProgramId& program, Ending& ending) {
  WorkOffDueInput input{.program = program};
  const auto reached = reached_.find(program);
  if (reached != reached_.end()) {
    input.from.due =
        std::max(input.from.due, reached->second.member.due - kLateSales);
    // Nothing is held, and no note waits, until a time that is over.
    input.reservations_from = reached->second.reservations;
    input.notes_from = reached->second.notes;
  }
  while (!ending.EndsWithin(absl::ZeroDuration())) {
    const absl::StatusOr<WorkOffDueReply> reply = RunCommand<WorkOffDueReply>(
        room_.executor,
        [&](const Reader& reader, const CommitContext& context) {
          return WorkOffDue(room_.env, reader, context, input);
        });
    if (!reply.ok()) {
      spdlog::warn("what is due in program {} is put off: {}", program.text(),
                   reply.status().ToString());
      return;
    }
    input.from = reply->reached;
    input.reservations_from = reply->reservations_reached;
    input.notes_from = reply->notes_reached;
    Reached& furthest = reached_[program];
    furthest.reservations = reply->reservations_reached;
    furthest.notes = reply->notes_reached;
    if (furthest.member.due < input.from.due) furthest.member = input.from;
    if (!reply->more) return;
  }
}

}  // namespace pistis::server
