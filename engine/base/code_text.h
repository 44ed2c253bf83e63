// Codes as people type them. Pure.
#ifndef PISTIS_ENGINE_BASE_CODE_TEXT_H_
#define PISTIS_ENGINE_BASE_CODE_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pistis {

// A code as typed, reduced to what matters: capitals and digits, with O read as
// 0 and I and L as 1.
[[nodiscard]] std::string NormalizeCode(absl::string_view typed);

// The check symbol of a code, to be put behind it: with it, any one symbol that
// is mistyped and any two neighbours that changed places are found for certain.
// It is one of the symbols of Base32Symbols; of others, a prefix may have a U,
// which counts as V (one for the other is not found), and what NormalizeCode
// drops counts for nothing.
[[nodiscard]] char CheckSymbol(absl::string_view code);

// True where the last symbol is the check symbol of those before it.
[[nodiscard]] bool HasCheckSymbol(absl::string_view code);

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_CODE_TEXT_H_
