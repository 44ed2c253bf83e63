#include "engine/notes/sms.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/utf8.h"

namespace pistis {
namespace {

// One message alone, and each of several, which say which one they are.
struct Room {
  int alone = 0;
  int each = 0;
};
constexpr Room kGsmRoom{.alone = 160, .each = 153};
constexpr Room kUcsRoom{.alone = 70, .each = 67};
constexpr uint32_t kBeyondUcs2 = 0x10000;

// What is there beside letters and digits, which are in the alphabet too.
constexpr absl::string_view kGsmBasic =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";
constexpr absl::string_view kGsmExtension = "\f^{}\\[~]|€";

// A character and the bytes that it is in a text.
struct Character {
  uint32_t code_point = 0;
  absl::string_view bytes;
};

std::vector<Character> CharactersOf(absl::string_view text) {
  std::vector<Character> characters;
  while (!text.empty()) {
    const absl::string_view bytes = expr::FirstCodePoint(text);
    characters.push_back(
        {.code_point = expr::DecodeUtf8(bytes), .bytes = bytes});
    text.remove_prefix(bytes.size());
  }
  return characters;
}

bool IsIn(absl::string_view alphabet, absl::string_view character) {
  return absl::StrContains(alphabet, character);
}

bool IsLetterOrDigit(uint32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
         (c >= 'a' && c <= 'z');
}

// Septets of the GSM alphabet; 0 where it is not in it.
int Septets(const Character& character) {
  if (IsLetterOrDigit(character.code_point) ||
      IsIn(kGsmBasic, character.bytes)) {
    return 1;
  }
  return IsIn(kGsmExtension, character.bytes) ? 2 : 0;
}

int Units(const Character& character) {
  return character.code_point >= kBeyondUcs2 ? 2 : 1;
}

// The texts of these sizes one after another, none split.
int Packed(const std::vector<int>& sizes, const Room& room) {
  int all = 0;
  for (const int size : sizes)
    all += size;
  if (all <= room.alone) return all == 0 ? 0 : 1;
  int parts = 1;
  int used = 0;
  for (const int size : sizes) {
    if (used + size > room.each) {
      ++parts;
      used = 0;
    }
    used += size;
  }
  return parts;
}

using Characters = std::vector<Character>;

int PartsOf(const Characters& text) {
  std::vector<int> sizes(text.size());
  std::transform(text.begin(), text.end(), sizes.begin(), Septets);
  const bool is_gsm = std::find(sizes.begin(), sizes.end(), 0) == sizes.end();
  if (is_gsm) return Packed(sizes, kGsmRoom);
  std::transform(text.begin(), text.end(), sizes.begin(), Units);
  return Packed(sizes, kUcsRoom);
}

// `text` without what lies in [from, to).
Characters Without(const Characters& text, size_t from, size_t to) {
  Characters left(text.begin(),
                  text.begin() + static_cast<std::ptrdiff_t>(from));
  left.insert(left.end(), text.begin() + static_cast<std::ptrdiff_t>(to),
              text.end());
  return left;
}

// The text with as few characters before `end`, and none before `begin`, left
// out as it takes; all of them where that is not enough. More text never takes
// fewer messages, so half of the choice is left after each look.
Characters CutBetween(const Characters& text, size_t begin, size_t end,
                      int most) {
  size_t fits = begin;
  size_t too_much = end + 1;
  while (too_much - fits > 1) {
    const size_t middle = fits + (too_much - fits) / 2;
    const bool is_fit = PartsOf(Without(text, middle, end)) <= most;
    (is_fit ? fits : too_much) = middle;
  }
  return Without(text, fits, end);
}

std::string TextOf(const Characters& characters) {
  std::string text;
  for (const Character& character : characters)
    absl::StrAppend(&text, character.bytes);
  return text;
}

}  // namespace

int SmsParts(absl::string_view text) {
  return PartsOf(CharactersOf(text));
}

std::string FitSms(absl::string_view text, TextSpan kept, int most) {
  Characters characters = CharactersOf(text);
  if (PartsOf(characters) <= most) return TextOf(characters);
  size_t before = 0;
  size_t end = 0;
  if (kept.begin < kept.end) {
    before = CharactersOf(text.substr(0, kept.begin)).size();
    end = CharactersOf(text.substr(0, kept.end)).size();
  }
  characters = CutBetween(characters, end, characters.size(), most);
  return TextOf(CutBetween(characters, 0, before, most));
}

}  // namespace pistis
