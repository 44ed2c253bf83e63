// What may stand between {{ and }} in the texts of notes.
#ifndef PISTIS_ENGINE_RULEBOOK_PLACEHOLDERS_H_
#define PISTIS_ENGINE_RULEBOOK_PLACEHOLDERS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pistis {

// The names that notes of this kind have; those of kOtherNotes have all.
[[nodiscard]] std::vector<std::string> PlaceholdersOf(absl::string_view kind);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_PLACEHOLDERS_H_
