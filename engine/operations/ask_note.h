// Notes that something asks for, and what becomes of them.
#ifndef PISTIS_ENGINE_OPERATIONS_ASK_NOTE_H_
#define PISTIS_ENGINE_OPERATIONS_ASK_NOTE_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/note_records.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/storage/note_keys.h"
#include "engine/storage/store.h"

namespace pistis {

// Has the note decided on, with the others of the commit, when the journal is
// taken: its record, its event and its part of the sums are written then.
// Whether it is sent, waits or is held back, its id is good.
void AskForNote(NoteAsk ask, Journal& journal);

// A note as it lies in the table.
struct StoredNote {
  NoteName name;
  store::v1::NoteRecord record;
};
// NOT_FOUND, RECORD_CORRUPT.
absl::StatusOr<StoredNote> LoadNote(const Reader& reader,
                                    const ProgramId& program,
                                    const std::string& note_id);

// A note as its event asks for it, without what is filled in when that is read.
[[nodiscard]] v1::NoteRequested RequestOf(const store::v1::NoteRecord& record);

// Whether a note is asked for in time. What comes late is told at its own time
// and waits for no hour; senders leave it out.
enum class NoteAge {
  kNow,
  // Of an import: it counts for the cap at its own time.
  kImported,
  // An old sale of a member who went on since: it counts for nothing.
  kOvertaken,
};

// A note that is decided on: one that was just asked for has no state yet.
struct OpenNote {
  MemberId member;
  // When what is decided takes effect.
  absl::Time at;
  store::v1::NoteRecord record;
  NoteAge age = NoteAge::kNow;
};

// Decides on the notes, the higher priority first and else in this order, by
// the rulebook in force: what is sent now counts for the next one. Into
// `journal` go their records, events and sums. `reader` shows what was there
// before the commit. How many were decided: a deferred one that cannot be read
// keeps its place. RECORD_CORRUPT.
absl::StatusOr<size_t> DecideOpenNotes(const OperationEnv& env,
                                       const Reader& reader,
                                       std::vector<OpenNote> notes,
                                       Journal& journal);

// The same of notes that were just asked for: what Journal::Take does.
absl::Status DecideNotes(const OperationEnv& env, const Reader& reader,
                         std::vector<NoteAsk> asks, Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ASK_NOTE_H_
