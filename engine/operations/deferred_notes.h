// Notes that waited for a time.
#ifndef PISTIS_ENGINE_OPERATIONS_DEFERRED_NOTES_H_
#define PISTIS_ENGINE_OPERATIONS_DEFERRED_NOTES_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/storage/note_keys.h"
#include "engine/storage/store.h"

namespace pistis {

// A step through a program's deferred notes.
struct DeferredNotesStep {
  // None is due before this.
  absl::Time from;
  // At least so many are decided on, where there are as many, and with them all
  // others of the same member and time.
  size_t most = 0;
};

// How far a step came.
struct DecidedNotes {
  size_t count = 0;
  // For the `from` of the next step.
  absl::Time reached;
  bool more = false;
};

// Decides once more on the notes that are due by the time of the commit, an
// import or not: they are sent, held back, or wait for another time. What
// cannot be read keeps its place. RECORD_CORRUPT.
absl::StatusOr<DecidedNotes> DecideDeferredNotes(const OperationEnv& env,
                                                 const Reader& reader,
                                                 const DeferredNotesStep& step,
                                                 Journal& journal);

// Decides on these now, whenever they are due; how many were. A name is that of
// a DeferredNoteKey.
absl::StatusOr<size_t> DecideWaitingNotes(const OperationEnv& env,
                                          const Reader& reader,
                                          const std::vector<NoteName>& waiting,
                                          Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_DEFERRED_NOTES_H_
