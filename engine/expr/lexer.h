// Source text to tokens.
#ifndef PISTIS_ENGINE_EXPR_LEXER_H_
#define PISTIS_ENGINE_EXPR_LEXER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pistis::expr {

enum class TokenKind : uint8_t {
  kEnd,
  kIdentifier,
  // A field name between backticks; `text` is without them.
  kEscapedIdentifier,
  // true, false, null, in
  kKeyword,
  // An operator or bracket.
  kSymbol,
  kInt,
  kUint,
  kDouble,
  kString,
  kBytes,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  // Byte offsets in the source: the first, and one behind the last.
  int begin = 0;
  int end = 0;
  // A view into the source.
  absl::string_view text;
  // The worth of a kInt or kUint, without sign.
  uint64_t magnitude = 0;
  // The worth of a kDouble.
  double number = 0;
  // What a kString or kBytes means.
  std::string content;
};

// The tokens of `source`, a kEnd last; whitespace and // comments are left out.
// The tokens refer to `source`. InvalidArgument, an ExprError, where the source
// is not UTF-8 or holds what begins no token.
[[nodiscard]] absl::StatusOr<std::vector<Token>> Tokenize(
    absl::string_view source);

// True for the words that CEL keeps for later languages: they name fields, but
// no variables or functions.
[[nodiscard]] bool IsReservedWord(absl::string_view word);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_LEXER_H_
