#include "engine/rulebook/positions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/utf8.h"

namespace pistis {
namespace {

// Follows a value through the text that it was written as.
class ScalarCursor {
 public:
  ScalarCursor(absl::string_view text, size_t start) : text_(text), at_(start) {
    const char first = Peek();
    if (first == '"' || first == '\'') {
      quote_ = first;
      ++at_;
    } else if (first == '|' || first == '>') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      SkipSpace();
    }
  }

  [[nodiscard]] size_t at() const { return at_; }

  // Steps over what stands for `wanted`; false where something else stands
  // there.
  bool Step(char wanted) {
    if (wanted == ' ' || wanted == '\n') return StepSpace(wanted);
    absorbed_ = false;
    if (quote_ == '"' && Peek() == '\\') ++at_;
    if (quote_ == '\'' && Peek() == '\'') ++at_;
    if (Peek() != wanted) return false;
    ++at_;
    return true;
  }

 private:
  [[nodiscard]] char Peek() const {
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  void SkipSpace() {
    while (absl::ascii_isspace(static_cast<unsigned char>(Peek())))
      ++at_;
  }

  // A folded line break became a space, and a kept one takes the next line's
  // indentation with it.
  bool StepSpace(char wanted) {
    if (wanted == ' ' && Peek() == ' ') {
      ++at_;
      return true;
    }
    const size_t before = at_;
    SkipSpace();
    absorbed_ = absorbed_ || at_ != before;
    return absorbed_;
  }

  absl::string_view text_;
  size_t at_;
  char quote_ = '\0';
  // The white space that the value goes on with was stepped over already.
  bool absorbed_ = false;
};

}  // namespace

std::string KeyPath(absl::string_view path, absl::string_view key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

std::string EntryPath(absl::string_view path, size_t index) {
  return absl::StrCat(path, "[", index, "]");
}

std::string MapKeyPath(absl::string_view path, absl::string_view key) {
  return absl::StrCat(path, "[\"", key, "\"]");
}

Positions::Positions(std::string text) : text_(std::move(text)), lines_{0} {
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') lines_.push_back(i + 1);
  }
}

void Positions::Set(const std::string& path, size_t offset) {
  offsets_[path] = offset;
}

bool Positions::Has(const std::string& path) const {
  return offsets_.contains(path);
}

size_t Positions::OffsetOf(std::string path) const {
  while (!path.empty()) {
    const auto found = offsets_.find(path);
    if (found != offsets_.end()) return found->second;
    const size_t cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  return 0;
}

TextPosition Positions::Of(const std::string& path) const {
  return At(OffsetOf(path));
}

TextPosition Positions::Inside(const std::string& path, absl::string_view value,
                               size_t offset) const {
  const size_t start = OffsetOf(path);
  ScalarCursor cursor(text_, start);
  for (const char byte : value.substr(0, offset)) {
    if (!cursor.Step(byte)) return At(start);
  }
  return At(cursor.at());
}

TextPosition Positions::At(size_t offset) const {
  const size_t bounded = std::min(offset, text_.size());
  const auto after = std::upper_bound(lines_.begin(), lines_.end(), bounded);
  const size_t line = static_cast<size_t>(after - lines_.begin()) - 1;
  const absl::string_view before =
      absl::string_view(text_).substr(lines_[line], bounded - lines_[line]);
  return {.line = static_cast<int>(line) + 1,
          .column = static_cast<int>(expr::CountCodePoints(before)) + 1};
}

}  // namespace pistis
