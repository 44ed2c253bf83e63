// The use case WorkOffDue: what falls due in accounts that nobody touches.
#ifndef PISTIS_ENGINE_OPERATIONS_WORK_OFF_DUE_H_
#define PISTIS_ENGINE_OPERATIONS_WORK_OFF_DUE_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/keys.h"
#include "engine/storage/store.h"

namespace pistis {

// The next step through one program's due-queue.
struct WorkOffDueInput {
  ProgramId program;
  // The queue before this is known to be worked off, so that the scan need not
  // pass over where that stood.
  DueMember from = {.due = absl::UnixEpoch(), .member = {}};
  // The same of reservations.
  absl::Time reservations_from = absl::UnixEpoch();
  // The same of deferred notes.
  absl::Time notes_from = absl::UnixEpoch();
  size_t max_members = 256;
};

// How far the queue was worked off.
struct WorkOffDueReply {
  // For WorkOffDueInput::from, ::reservations_from and ::notes_from of the next
  // step.
  DueMember reached;
  absl::Time reservations_reached;
  absl::Time notes_reached;
  // True where more is due now.
  bool more = false;
};

// A step gives back what reservations hold whose time is over, as many as
// max_members; where there are none, it decides on deferred notes, as many;
// where there are none, it is the members' turn. Reservations and notes go by
// the time of commits, an import or not: what is held was sold when it was
// held, and imported sales must not keep it held.
//
// Takes the members off the queue whose turn has come by the program's time,
// soonest first; posts what fell due in each account when its turn came, at its
// own time, and queues the account again for what falls due next. Steps from
// one `reached` to the next post all that is due; what is queued before `from`
// meanwhile, by sales that are dated back, waits for a walk that begins there.
// NOT_FOUND where there is no such program.
absl::StatusOr<Decided<WorkOffDueReply>> WorkOffDue(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const WorkOffDueInput& input);

// The programs of the store, in alphabetical order.
absl::StatusOr<std::vector<ProgramId>> ListProgramIds(const Reader& reader);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_WORK_OFF_DUE_H_
