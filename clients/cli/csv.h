// Comma-separated text, as spreadsheets write it.
#ifndef PISTIS_CLIENTS_CLI_CSV_H_
#define PISTIS_CLIENTS_CLI_CSV_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace pistis {

// The bytes of the file at `path`, unpacked where they are gzip. "-" is
// standard input, as it is. NotFound where it cannot be opened, DataLoss where
// it cannot be read to its end.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// Reads records of RFC 4180: fields apart by commas, quoted where they hold
// commas, quotes (doubled) or line ends; lines end with LF or CR LF. Empty
// lines are no records. One thread; `text` must outlive the reader.
class CsvReader {
 public:
  explicit CsvReader(absl::string_view text) : text_(text) {
    // Spreadsheets put a byte order mark in front.
    absl::ConsumePrefix(&text_, "\xEF\xBB\xBF");
  }

  // Moves to the next record. False at the end, and where the text is broken:
  // status() tells which.
  [[nodiscard]] bool Next();

  // The current record, until the next call of Next().
  [[nodiscard]] const std::vector<std::string>& fields() const {
    return fields_;
  }
  // The line, from 1, on which the current record begins.
  [[nodiscard]] int64_t line() const { return line_; }
  [[nodiscard]] const absl::Status& status() const { return status_; }

 private:
  void ReadRecord();
  void ReadField();
  void ReadQuoted();

  absl::string_view text_;
  size_t at_ = 0;
  int64_t next_line_ = 1;
  int64_t line_ = 0;
  std::string field_;
  std::vector<std::string> fields_;
  absl::Status status_;
};

// Appends `cells` as a record, quoted where they must be, and a line end.
void AppendCsvLine(const std::vector<std::string>& cells, std::string& csv);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_CSV_H_
