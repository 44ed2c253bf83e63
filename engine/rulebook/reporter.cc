#include "engine/rulebook/reporter.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/nearest.h"

namespace pistis {

void Reporter::Add(const std::string& path, absl::string_view message) {
  const bool placed = positions_ != nullptr && !full();
  Keep(path, placed ? positions_->Of(path) : TextPosition{0, 0}, message);
}

void Reporter::AddInside(const std::string& path, absl::string_view value,
                         size_t offset, absl::string_view message) {
  const bool placed = positions_ != nullptr && !full();
  Keep(path,
       placed ? positions_->Inside(path, value, offset) : TextPosition{0, 0},
       message);
}

void Reporter::AddAt(const std::string& path, size_t offset,
                     absl::string_view message) {
  const bool placed = positions_ != nullptr && !full();
  Keep(path, placed ? positions_->At(offset) : TextPosition{0, 0}, message);
}

bool Reporter::Stated(const std::string& path) const {
  return positions_ != nullptr && positions_->Has(path);
}

std::string Reporter::Suggestion(absl::string_view unknown,
                                 absl::Span<const std::string> known) const {
  if (full()) return "";
  const std::optional<std::string> nearest = NearestName(unknown, known);
  if (!nearest.has_value()) return "";
  return absl::StrCat("; did you mean ", Shown(*nearest), "?");
}

Findings Reporter::Take() {
  std::stable_sort(findings_.problems.begin(), findings_.problems.end(),
                   [](const Problem& a, const Problem& b) {
                     return std::tie(a.line, a.column) <
                            std::tie(b.line, b.column);
                   });
  return std::move(findings_);
}

void Reporter::Keep(const std::string& path, TextPosition position,
                    absl::string_view message) {
  if (full()) {
    ++findings_.unlisted;
    return;
  }
  findings_.problems.push_back({.line = position.line,
                                .column = position.column,
                                .path = path,
                                .message = std::string(message)});
}

}  // namespace pistis
