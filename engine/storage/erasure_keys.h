// Keys of erased members; keys.h has their grammar.
#ifndef PISTIS_ENGINE_STORAGE_ERASURE_KEYS_H_
#define PISTIS_ENGINE_STORAGE_ERASURE_KEYS_H_

#include <string>

#include "absl/strings/string_view.h"

#include "engine/base/ids.h"

namespace pistis {

// The file that tells of erasures outside of the store, in the folder of the
// data and in that of the backups.
inline constexpr char kErasureLogName[] = "erasures.jsonl";

// The ErasureRecord of a member.
[[nodiscard]] std::string ErasureKey(const ProgramId& program,
                                     const MemberId& member);
// Says that the member's history still repeats personal data. An empty member:
// what all such keys of the program begin with.
[[nodiscard]] std::string UncleanKey(const ProgramId& program,
                                     const MemberId& member);

// All keys of a program in a table, or those of a text in front of them.
struct KeyRange {
  std::string begin;
  std::string end;
};
[[nodiscard]] KeyRange KeysOf(char table, const ProgramId& program,
                              absl::string_view text);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ERASURE_KEYS_H_
