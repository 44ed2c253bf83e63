#include "engine/expr/lexer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <optional>
#include <system_error>
#include <utility>
#include <variant>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/expr/error.h"
#include "engine/expr/quoted.h"
#include "engine/expr/utf8.h"

namespace pistis::expr {
namespace {

// Longer symbols before their own beginnings.
constexpr absl::string_view kSymbols[] = {
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/",
    "%",  "!",  "?",  ":",  ".",  ",",  "(", ")", "[", "]", "{", "}"};

constexpr absl::string_view kKeywords[] = {"true", "false", "null", "in"};

constexpr absl::string_view kReservedWords[] = {
    "as",       "break",  "const",  "continue", "else", "for",
    "function", "if",     "import", "let",      "loop", "namespace",
    "package",  "return", "var",    "void",     "while"};

bool IsDigit(char byte) {
  return absl::ascii_isdigit(static_cast<unsigned char>(byte));
}

bool IsHexDigit(char byte) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(byte));
}

bool IsWordStart(char byte) {
  return byte == '_' || absl::ascii_isalpha(static_cast<unsigned char>(byte));
}

bool IsWordPart(char byte) {
  return IsWordStart(byte) || IsDigit(byte);
}

bool IsSpace(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r' ||
         byte == '\f';
}

class Lexer {
 public:
  explicit Lexer(absl::string_view source) : source_(source) {}

  absl::StatusOr<std::vector<Token>> Run() {
    if (const auto invalid = FirstInvalidUtf8(source_); invalid.has_value()) {
      return Error(*invalid, "this is not UTF-8 text");
    }
    std::vector<Token> tokens;
    for (SkipSpace(); at_ < source_.size(); SkipSpace()) {
      PISTIS_ASSIGN_OR_RETURN(Token token, Next());
      at_ = static_cast<size_t>(token.end);
      tokens.push_back(std::move(token));
    }
    tokens.push_back(Make(TokenKind::kEnd, 0));
    return tokens;
  }

 private:
  [[nodiscard]] absl::Status Error(size_t offset,
                                   absl::string_view message) const {
    return MakeExprError(source_, {.offset = static_cast<int>(offset),
                                   .message = std::string(message)});
  }

  [[nodiscard]] absl::string_view Rest() const { return source_.substr(at_); }

  [[nodiscard]] Token Make(TokenKind kind, size_t length) const {
    Token token;
    token.kind = kind;
    token.begin = static_cast<int>(at_);
    token.end = static_cast<int>(at_ + length);
    token.text = source_.substr(at_, length);
    return token;
  }

  void SkipSpace() {
    while (at_ < source_.size()) {
      if (absl::StartsWith(Rest(), "//")) {
        at_ = std::min(source_.find('\n', at_), source_.size());
      } else if (IsSpace(source_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }

  absl::StatusOr<Token> Next() const {
    const char first = source_[at_];
    const bool fraction =
        first == '.' && Rest().size() > 1 && IsDigit(Rest()[1]);
    if (StartsQuoted(source_, static_cast<int>(at_))) return Text();
    if (IsWordStart(first)) return Word();
    if (IsDigit(first) || fraction) return Number();
    if (first == '`') return EscapedIdentifier();
    for (const absl::string_view symbol : kSymbols) {
      if (absl::StartsWith(Rest(), symbol)) {
        return Make(TokenKind::kSymbol, symbol.size());
      }
    }
    return Error(at_, "this character has no meaning here");
  }

  absl::StatusOr<Token> Text() const {
    const auto scanned = ScanQuoted(source_, static_cast<int>(at_));
    if (const auto* error = std::get_if<ExprError>(&scanned)) {
      return MakeExprError(source_, *error);
    }
    const auto& quoted = std::get<Quoted>(scanned);
    auto content = Unquote(quoted);
    if (const auto* error = std::get_if<ExprError>(&content)) {
      return MakeExprError(source_, *error);
    }
    Token token = Make(quoted.kind == TextKind::kBytes ? TokenKind::kBytes
                                                       : TokenKind::kString,
                       static_cast<size_t>(quoted.end) - at_);
    token.content = std::move(std::get<std::string>(content));
    return token;
  }

  [[nodiscard]] Token Word() const {
    const absl::string_view rest = Rest();
    const auto* end = std::find_if_not(rest.begin(), rest.end(), IsWordPart);
    Token token = Make(TokenKind::kIdentifier,
                       static_cast<size_t>(std::distance(rest.begin(), end)));
    const bool keyword = std::find(std::begin(kKeywords), std::end(kKeywords),
                                   token.text) != std::end(kKeywords);
    if (keyword) token.kind = TokenKind::kKeyword;
    return token;
  }

  absl::StatusOr<Token> EscapedIdentifier() const {
    const absl::string_view rest = Rest();
    const size_t close = rest.find('`', 1);
    if (close == absl::string_view::npos || close == 1) {
      return Error(at_, "this name has no closing backtick");
    }
    for (size_t i = 1; i < close; ++i) {
      const bool allowed =
          IsWordPart(rest[i]) || absl::StrContains(".-/ ", rest[i]);
      if (!allowed) {
        return Error(at_ + i, "a name in backticks may not have this in it");
      }
    }
    Token token = Make(TokenKind::kEscapedIdentifier, close + 1);
    token.text = rest.substr(1, close - 1);
    return token;
  }

  // The number of digits from `from` on.
  [[nodiscard]] size_t CountDigits(size_t from) const {
    size_t end = from;
    while (end < Rest().size() && IsDigit(Rest()[end]))
      ++end;
    return end - from;
  }

  // How long the exponent at `from` is, 0 where there is none.
  [[nodiscard]] size_t ExponentLength(size_t from) const {
    const absl::string_view rest = Rest();
    if (from >= rest.size() || (rest[from] != 'e' && rest[from] != 'E')) {
      return 0;
    }
    size_t sign = 0;
    if (from + 1 < rest.size()) {
      sign = (rest[from + 1] == '+' || rest[from + 1] == '-') ? 1 : 0;
    }
    const size_t digits = CountDigits(from + 1 + sign);
    return digits == 0 ? 0 : 1 + sign + digits;
  }

  absl::StatusOr<Token> Number() const {
    const absl::string_view rest = Rest();
    const bool hex =
        (absl::StartsWith(rest, "0x") || absl::StartsWith(rest, "0X")) &&
        rest.size() > 2 && IsHexDigit(rest[2]);
    if (hex) return Hexadecimal();
    const size_t whole = CountDigits(0);
    size_t length = whole;
    if (length < rest.size() && rest[length] == '.') {
      const size_t decimals = CountDigits(length + 1);
      if (decimals > 0) length += 1 + decimals;
    }
    length += ExponentLength(length);
    if (length > whole) return Double(length);
    return Integer(rest.substr(0, whole), 10, whole);
  }

  absl::StatusOr<Token> Hexadecimal() const {
    const absl::string_view digits = Rest().substr(2);
    const auto* end =
        std::find_if_not(digits.begin(), digits.end(), IsHexDigit);
    const auto count = static_cast<size_t>(std::distance(digits.begin(), end));
    return Integer(digits.substr(0, count), 16, count + 2);
  }

  absl::StatusOr<Token> Integer(absl::string_view digits, int base,
                                size_t length) const {
    const absl::string_view rest = Rest();
    const bool is_unsigned =
        length < rest.size() && (rest[length] == 'u' || rest[length] == 'U');
    Token token = Make(is_unsigned ? TokenKind::kUint : TokenKind::kInt,
                       length + (is_unsigned ? 1 : 0));
    const auto parsed = std::from_chars(
        digits.data(), digits.data() + digits.size(), token.magnitude, base);
    if (parsed.ec != std::errc()) {
      return Error(at_, "this number does not fit 64 bits");
    }
    return token;
  }

  absl::StatusOr<Token> Double(size_t length) const {
    Token token = Make(TokenKind::kDouble, length);
    if (!absl::SimpleAtod(token.text, &token.number) ||
        !std::isfinite(token.number)) {
      return Error(at_, "this number does not fit a double");
    }
    return token;
  }

  absl::string_view source_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<Token>> Tokenize(absl::string_view source) {
  return Lexer(source).Run();
}

bool IsReservedWord(absl::string_view word) {
  return std::find(std::begin(kReservedWords), std::end(kReservedWords),
                   word) != std::end(kReservedWords);
}

}  // namespace pistis::expr
