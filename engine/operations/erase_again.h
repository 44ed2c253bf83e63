// Erasing once more: an older copy of the data still has members who were
// erased since it was made.
#ifndef PISTIS_ENGINE_OPERATIONS_ERASE_AGAIN_H_
#define PISTIS_ENGINE_OPERATIONS_ERASE_AGAIN_H_

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/base/ids.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "engine/storage/erasure_file.h"
#include "engine/storage/store.h"

namespace pistis {

// A store and its one writer.
struct ErasingRoom {
  Store& store;
  const OperationEnv& env;
  Executor& executor;
};

struct ErasedAgain {
  // Of each member who was erased, the program.
  std::vector<ProgramId> erased;
  // Members who are still there, and why: their records cannot be read, or say
  // what no record may.
  std::vector<std::pair<Erasure, absl::Status>> failed;
};

// Erases those members whom the store still knows. A member who was enrolled
// after the erasure of one with the same id stays. Blocks. Non-OK: storage
// failed, or the executor ends.
absl::StatusOr<ErasedAgain> EraseAgain(const ErasingRoom& room,
                                       const std::set<Erasure>& erasures);

struct CleanedAgain {
  // How many were changed.
  int64_t records = 0;
  // Erased members who were passed over because their ErasureRecord cannot be
  // read.
  int64_t unreadable = 0;
};
// Cleans all members that wait for it, and marks them as clean. Blocks, for as
// long as reading the history takes.
absl::StatusOr<CleanedAgain> CleanAllErased(const ErasingRoom& room);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ERASE_AGAIN_H_
