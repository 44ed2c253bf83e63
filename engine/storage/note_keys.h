// Keys of notes: keys.h has their grammar.
#ifndef PISTIS_ENGINE_STORAGE_NOTE_KEYS_H_
#define PISTIS_ENGINE_STORAGE_NOTE_KEYS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"

namespace pistis {

// What a note's key says. Note ids have no zero byte.
struct NoteName {
  MemberId member;
  // When it was asked for; in the key of a deferred one, when it is due.
  absl::Time time;
  std::string note;
};

[[nodiscard]] std::string NoteKey(const ProgramId& program,
                                  const NoteName& name);
[[nodiscard]] std::string NoteIndexKey(const ProgramId& program,
                                       absl::string_view note);
[[nodiscard]] std::string DeferredNoteKey(const ProgramId& program,
                                          const NoteName& name);
[[nodiscard]] std::string ContactKey(const ProgramId& program,
                                     const MemberId& member);

// Where the keys of a member's notes begin and end; of the program's, where the
// member is empty.
struct NoteRange {
  std::string begin;
  std::string end;
};
[[nodiscard]] NoteRange NotesOf(const ProgramId& program,
                                const MemberId& member);
// The deferred ones due from `from` until `to`, which does not belong to them.
[[nodiscard]] NoteRange DeferredBetween(const ProgramId& program,
                                        absl::Time from, absl::Time to);

// Back again; nothing where the key is none of `program`.
[[nodiscard]] std::optional<NoteName> ParseNoteKey(const ProgramId& program,
                                                   absl::string_view key);
[[nodiscard]] std::optional<NoteName> ParseDeferredNoteKey(
    const ProgramId& program, absl::string_view key);

// The value under a NoteIndexKey: member and time of the NoteKey.
[[nodiscard]] std::string NoteIndexValue(const NoteName& name);
[[nodiscard]] std::optional<NoteName> ParseNoteIndex(absl::string_view note,
                                                     absl::string_view value);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_NOTE_KEYS_H_
