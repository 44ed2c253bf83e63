#include "engine/operations/deferred_notes.h"

#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "pistis/v1/note_service.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ask_note.h"
#include "engine/storage/codec.h"
#include "engine/storage/note_keys.h"

namespace pistis {
namespace {

// Nothing where the record is not there, is none, or waits for nothing.
absl::StatusOr<std::optional<OpenNote>> LoadOpen(const Reader& reader,
                                                 const ProgramId& program,
                                                 const NoteName& due,
                                                 absl::Time now) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> indexed,
                          reader.Get(NoteIndexKey(program, due.note)));
  const std::optional<NoteName> name =
      indexed ? ParseNoteIndex(due.note, *indexed) : std::nullopt;
  if (!name) return std::nullopt;
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          reader.Get(NoteKey(program, *name)));
  OpenNote open{.member = due.member, .at = now, .record = {}};
  const bool is_open = bytes && open.record.ParseFromString(*bytes) &&
                       open.record.state() == v1::Note::DEFERRED &&
                       absl::FromUnixMicros(open.record.send_us()) == due.time;
  if (!is_open) return std::nullopt;
  return open;
}

}  // namespace

absl::StatusOr<size_t> DecideWaitingNotes(const OperationEnv& env,
                                          const Reader& reader,
                                          const std::vector<NoteName>& waiting,
                                          Journal& journal) {
  std::vector<OpenNote> open;
  for (const NoteName& name : waiting) {
    PISTIS_ASSIGN_OR_RETURN(
        std::optional<OpenNote> note,
        LoadOpen(reader, journal.program(), name, journal.now()));
    if (note) open.push_back(*std::move(note));
  }
  return DecideOpenNotes(env, reader, std::move(open), journal);
}

absl::StatusOr<DecidedNotes> DecideDeferredNotes(const OperationEnv& env,
                                                 const Reader& reader,
                                                 const DeferredNotesStep& step,
                                                 Journal& journal) {
  DecidedNotes decided{.reached = journal.now()};
  std::vector<NoteName> due;
  // What is due at this very microsecond is due.
  const NoteRange range = DeferredBetween(
      journal.program(), step.from, journal.now() + absl::Microseconds(1));
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      range.begin, range.end,
      [&](absl::string_view key, absl::string_view /*value*/) {
        const std::optional<NoteName> name =
            ParseDeferredNoteKey(journal.program(), key);
        if (!name) return Visit::kContinue;
        decided.more = due.size() >= step.most &&
                       std::tie(name->time, name->member) !=
                           std::tie(due.back().time, due.back().member);
        if (decided.more) return Visit::kStop;
        due.push_back(*name);
        return Visit::kContinue;
      }));
  if (due.empty()) return decided;
  PISTIS_ASSIGN_OR_RETURN(decided.count,
                          DecideWaitingNotes(env, reader, due, journal));
  if (!decided.more) return decided;
  decided.reached = due.back().time;
  // Past those that keep their place, however many there are.
  if (decided.count == 0) decided.reached += absl::Microseconds(1);
  return decided;
}

}  // namespace pistis
