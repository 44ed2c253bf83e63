#include "engine/base/code_text.h"

#include "absl/strings/ascii.h"

#include "engine/base/digest.h"

namespace pistis {
namespace {

// Arithmetic on symbols is that of the field of 32 elements, polynomials over
// two elements modulo x^5 + x^2 + 1, of which x generates all but zero.
constexpr unsigned int kModulus = 0b100101;
constexpr unsigned int kOverflow = 0b100000;

unsigned int TimesX(unsigned int element) {
  const unsigned int shifted = element << 1U;
  return (shifted & kOverflow) != 0 ? shifted ^ kModulus : shifted;
}

unsigned int ElementOf(char symbol) {
  const size_t at = kCodeSymbols.find(symbol == 'U' ? 'V' : symbol);
  return at == absl::string_view::npos ? 0 : static_cast<unsigned int>(at);
}

// The sum of the symbols, each times x as often as symbols follow it: powers of
// neighbours differ, and none is zero.
unsigned int Syndrome(absl::string_view normalized) {
  unsigned int sum = 0;
  for (const char symbol : normalized)
    sum = TimesX(sum) ^ ElementOf(symbol);
  return sum;
}

}  // namespace

std::string NormalizeCode(absl::string_view typed) {
  std::string code;
  for (const char typed_symbol : typed) {
    const char symbol =
        absl::ascii_toupper(static_cast<unsigned char>(typed_symbol));
    if (symbol == 'O') {
      code.push_back('0');
    } else if (symbol == 'I' || symbol == 'L') {
      code.push_back('1');
    } else if (absl::ascii_isalnum(static_cast<unsigned char>(symbol))) {
      code.push_back(symbol);
    }
  }
  return code;
}

char CheckSymbol(absl::string_view code) {
  return kCodeSymbols[TimesX(Syndrome(NormalizeCode(code)))];
}

bool HasCheckSymbol(absl::string_view code) {
  const std::string normalized = NormalizeCode(code);
  return !normalized.empty() && Syndrome(normalized) == 0;
}

}  // namespace pistis
