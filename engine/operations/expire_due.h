// The use case ExpireDue: what falls due in accounts that nobody touches.
#ifndef PISTIS_ENGINE_OPERATIONS_EXPIRE_DUE_H_
#define PISTIS_ENGINE_OPERATIONS_EXPIRE_DUE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// The next step of one program's queue of due lots.
struct ExpireDueInput {
  ProgramId program;
  // Lots before this time are known to be gone from the queue, so that the scan
  // need not pass over where they stood.
  absl::Time from = absl::UnixEpoch();
  size_t max_lots = 256;
};

// How far the queue was worked off.
struct ExpireDueReply {
  // For ExpireDueInput::from of the next step.
  absl::Time reached = absl::UnixEpoch();
  // True where more is due now.
  bool more = false;
};

// Posts the expiry of the lots that are due by the program's time, each at its
// own time, and takes them off the queue. NOT_FOUND where there is no such
// program.
absl::StatusOr<Decided<ExpireDueReply>> ExpireDue(const OperationEnv& env,
                                                  const Reader& reader,
                                                  const CommitContext& context,
                                                  const ExpireDueInput& input);

// The programs of the store, in alphabetical order.
absl::StatusOr<std::vector<ProgramId>> ListProgramIds(const Reader& reader);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_EXPIRE_DUE_H_
