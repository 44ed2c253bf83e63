#include "engine/expr/quoted.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "engine/expr/utf8.h"

namespace pistis::expr {
namespace {

// The escapes of one letter, and what each stands for.
constexpr absl::string_view kEscapeLetters = "\\?\"'`abfnrtv";
constexpr absl::string_view kEscapeMeanings = "\\?\"'`\a\b\f\n\r\t\v";

bool IsOneOf(char byte, absl::string_view set) {
  return absl::StrContains(set, byte);
}

size_t PrefixLength(absl::string_view text) {
  size_t length = 0;
  if (length < text.size() && IsOneOf(text[length], "bB")) ++length;
  if (length < text.size() && IsOneOf(text[length], "rR")) ++length;
  return length;
}

absl::string_view OpeningQuotes(absl::string_view text) {
  if (absl::StartsWith(text, "'''") || absl::StartsWith(text, "\"\"\"")) {
    return text.substr(0, 3);
  }
  return text.substr(0, 1);
}

// Resolves escapes from the front of a literal's content.
class Unescaper {
 public:
  explicit Unescaper(const Quoted& quoted) : quoted_(quoted) {}

  std::variant<std::string, ExprError> Run() {
    while (at_ < quoted_.content.size()) {
      if (quoted_.raw || quoted_.content[at_] != '\\') {
        TakePlain();
        continue;
      }
      const size_t escape = at_;
      if (!TakeEscape()) {
        return ExprError{quoted_.content_begin + static_cast<int>(escape),
                         "this escape has no meaning here"};
      }
    }
    return std::move(result_);
  }

 private:
  // Takes one byte as it is; every end of a line becomes one \n.
  void TakePlain() {
    const char byte = quoted_.content[at_++];
    result_.push_back(byte == '\r' ? '\n' : byte);
    const bool line_feed_follows =
        at_ < quoted_.content.size() && quoted_.content[at_] == '\n';
    if (byte == '\r' && line_feed_follows) ++at_;
  }

  // Takes one escape; false where it is not one.
  bool TakeEscape() {
    if (at_ + 1 >= quoted_.content.size()) return false;
    const char letter = quoted_.content[at_ + 1];
    at_ += 2;
    const size_t simple = kEscapeLetters.find(letter);
    if (simple != absl::string_view::npos) {
      result_.push_back(kEscapeMeanings[simple]);
      return true;
    }
    if (IsOneOf(letter, "xX")) return TakeNumber(2, 16, MeaningOfNumber());
    if (IsOneOf(letter, "0123")) {
      --at_;
      return TakeNumber(3, 8, MeaningOfNumber());
    }
    if (quoted_.kind == TextKind::kBytes) return false;
    if (letter == 'u') return TakeNumber(4, 16, Meaning::kCodePoint);
    if (letter == 'U') return TakeNumber(8, 16, Meaning::kCodePoint);
    return false;
  }

  enum class Meaning { kOctet, kCodePoint };

  [[nodiscard]] Meaning MeaningOfNumber() const {
    return quoted_.kind == TextKind::kBytes ? Meaning::kOctet
                                            : Meaning::kCodePoint;
  }

  bool TakeNumber(size_t digits, uint32_t base, Meaning meaning) {
    if (at_ + digits > quoted_.content.size()) return false;
    uint32_t number = 0;
    for (const char byte : quoted_.content.substr(at_, digits)) {
      if (!absl::ascii_isxdigit(static_cast<unsigned char>(byte))) return false;
      const uint32_t digit =
          absl::ascii_isdigit(static_cast<unsigned char>(byte))
              ? static_cast<uint32_t>(byte - '0')
              : static_cast<uint32_t>(
                    absl::ascii_tolower(static_cast<unsigned char>(byte)) -
                    'a' + 10);
      if (digit >= base) return false;
      number = number * base + digit;
    }
    at_ += digits;
    if (meaning == Meaning::kOctet) {
      result_.push_back(static_cast<char>(number));
      return true;
    }
    const auto encoded = EncodeUtf8(number);
    if (!encoded.has_value()) return false;
    result_ += *encoded;
    return true;
  }

  const Quoted& quoted_;
  size_t at_ = 0;
  std::string result_;
};

}  // namespace

bool StartsQuoted(absl::string_view source, int offset) {
  const absl::string_view text = source.substr(static_cast<size_t>(offset));
  const size_t prefix = PrefixLength(text);
  return prefix < text.size() && IsOneOf(text[prefix], "'\"");
}

std::variant<Quoted, ExprError> ScanQuoted(absl::string_view source,
                                           int offset) {
  const absl::string_view text = source.substr(static_cast<size_t>(offset));
  const size_t prefix = PrefixLength(text);
  const absl::string_view quotes = OpeningQuotes(text.substr(prefix));
  const size_t begin = prefix + quotes.size();
  Quoted quoted;
  quoted.kind = IsOneOf(text[0], "bB") ? TextKind::kBytes : TextKind::kString;
  quoted.raw = prefix > 0 && IsOneOf(text[prefix - 1], "rR");
  quoted.content_begin = offset + static_cast<int>(begin);
  for (size_t at = begin; at < text.size(); ++at) {
    if (absl::StartsWith(text.substr(at), quotes)) {
      quoted.content = text.substr(begin, at - begin);
      quoted.end = offset + static_cast<int>(at + quotes.size());
      return quoted;
    }
    const bool line_ends = text[at] == '\n' || text[at] == '\r';
    if (line_ends && quotes.size() == 1) break;
    if (text[at] == '\\' && !quoted.raw) ++at;
  }
  return ExprError{offset, "this text has no closing quote"};
}

std::variant<std::string, ExprError> Unquote(const Quoted& quoted) {
  return Unescaper(quoted).Run();
}

}  // namespace pistis::expr
