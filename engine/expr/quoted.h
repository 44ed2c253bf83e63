// String and bytes literals: from what stands in the source to what is meant.
#ifndef PISTIS_ENGINE_EXPR_QUOTED_H_
#define PISTIS_ENGINE_EXPR_QUOTED_H_

#include <optional>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"

#include "engine/expr/error.h"

namespace pistis::expr {

enum class TextKind { kString, kBytes };

// A literal as it stands in the source: [b][r] then quotes (', ", ''' or """),
// content, the same quotes.
struct Quoted {
  TextKind kind = TextKind::kString;
  bool raw = false;
  // The content between the quotes, a view into the source.
  absl::string_view content;
  // Offsets in the source: of the content and behind the closing quotes.
  int content_begin = 0;
  int end = 0;
};

// True where a literal, prefix included, begins at `offset` of `source`.
[[nodiscard]] bool StartsQuoted(absl::string_view source, int offset);

// Finds the end of the literal that begins at `offset`. An error where the
// quotes never close, or a line ends inside single quotes.
[[nodiscard]] std::variant<Quoted, ExprError> ScanQuoted(
    absl::string_view source, int offset);

// The text or bytes that the literal means, escapes resolved (but in a raw one)
// and every end of a line one \n.
[[nodiscard]] std::variant<std::string, ExprError> Unquote(
    const Quoted& quoted);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_QUOTED_H_
