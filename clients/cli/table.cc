#include "clients/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace pistis {

size_t TextWidth(absl::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) {
        return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
      }));
}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string Table::Text() const {
  std::vector<std::vector<std::string>> rows = rows_;
  std::vector<std::string> titles;
  for (const Column& column : columns_)
    titles.push_back(column.title);
  const bool titled = std::any_of(titles.begin(), titles.end(),
                                  [](const auto& t) { return !t.empty(); });
  if (titled) rows.insert(rows.begin(), titles);
  std::vector<size_t> widths(columns_.size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], TextWidth(row[i]));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string pad(widths[i] - TextWidth(row[i]), ' ');
      const absl::string_view gap = i == 0 ? "" : "  ";
      if (columns_[i].align == Align::kLeft) {
        absl::StrAppend(&line, gap, row[i], pad);
      } else {
        absl::StrAppend(&line, gap, pad, row[i]);
      }
    }
    absl::StripTrailingAsciiWhitespace(&line);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

}  // namespace pistis
