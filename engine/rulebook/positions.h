// Where in a YAML text the fields of a rulebook stand.
#ifndef PISTIS_ENGINE_RULEBOOK_POSITIONS_H_
#define PISTIS_ENGINE_RULEBOOK_POSITIONS_H_

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/string_view.h"

namespace pistis {

// Line and column, both from 1; a column is one Unicode code point.
struct TextPosition {
  int line = 1;
  int column = 1;
};

// The paths of what a value holds: a key of a message, an entry of a list, a
// key of a map.
[[nodiscard]] std::string KeyPath(absl::string_view path,
                                  absl::string_view key);
[[nodiscard]] std::string EntryPath(absl::string_view path, size_t index);
[[nodiscard]] std::string MapKeyPath(absl::string_view path,
                                     absl::string_view key);

// The text, and the place of each value in it by field path: "rules[2].when",
// "notes[0].text[\"en\"]". Value type; holds its own copy of the text.
class Positions {
 public:
  // Of the empty text.
  Positions() : Positions(std::string()) {}
  explicit Positions(std::string text);

  // Says that the value at `path` begins at byte `offset`.
  void Set(const std::string& path, size_t offset);

  // True where the text states a value at `path`.
  [[nodiscard]] bool Has(const std::string& path) const;

  // Where the value at `path` begins; where there is none, the nearest value
  // around it; the beginning of the text for the empty path.
  [[nodiscard]] TextPosition Of(const std::string& path) const;

  // Where byte `offset` of `value`, the text value at `path`, was written: past
  // quotes, escapes, folded lines and indentation. The beginning of the value
  // where that cannot be told.
  [[nodiscard]] TextPosition Inside(const std::string& path,
                                    absl::string_view value,
                                    size_t offset) const;

  // The line and column of byte `offset` of the text; its end where beyond.
  [[nodiscard]] TextPosition At(size_t offset) const;

 private:
  [[nodiscard]] size_t OffsetOf(std::string path) const;

  std::string text_;
  // Offsets of the first bytes of the lines.
  std::vector<size_t> lines_;
  std::unordered_map<std::string, size_t> offsets_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_POSITIONS_H_
