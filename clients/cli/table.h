// Text in columns.
#ifndef PISTIS_CLIENTS_CLI_TABLE_H_
#define PISTIS_CLIENTS_CLI_TABLE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pistis {

// How many columns of a terminal `text` takes: its code points.
[[nodiscard]] size_t TextWidth(absl::string_view text);

// Rows under aligned columns. One thread.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    // Empty titles throughout: no line of titles.
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One cell per column; missing ones are empty, more are not shown.
  void AddRow(std::vector<std::string> cells);

  // Every row on its line, without spaces at the end.
  [[nodiscard]] std::string Text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_TABLE_H_
