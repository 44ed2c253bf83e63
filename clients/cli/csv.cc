#include "clients/cli/csv.h"

#include <iostream>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include <zlib.h>

namespace pistis {
namespace {

std::string Quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

}  // namespace

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  if (path == "-") {
    return std::string(std::istreambuf_iterator<char>(std::cin), {});
  }
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(
      gzopen(path.c_str(), "rb"), &gzclose);
  if (file == nullptr) {
    return absl::NotFoundError(absl::StrCat("cannot open ", path));
  }
  constexpr unsigned kChunk = 1 << 20;
  std::string text;
  while (true) {
    const size_t size = text.size();
    text.resize(size + kChunk);
    const int count = gzread(file.get(), &text[size], kChunk);
    text.resize(size + static_cast<size_t>(count < 0 ? 0 : count));
    if (count <= 0) break;
  }
  int error = Z_OK;
  const char* message = gzerror(file.get(), &error);
  if (error != Z_OK) {
    return absl::DataLossError(
        absl::StrCat("cannot read ", path, ": ", message));
  }
  return text;
}

bool CsvReader::Next() {
  while (status_.ok() && at_ < text_.size()) {
    ReadRecord();
    const bool blank = fields_.size() == 1 && fields_[0].empty();
    if (status_.ok() && !blank) return true;
  }
  return false;
}

void CsvReader::ReadRecord() {
  fields_.clear();
  line_ = next_line_;
  while (status_.ok()) {
    ReadField();
    fields_.push_back(field_);
    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      continue;
    }
    if (at_ < text_.size() && text_[at_] == '\r') ++at_;
    if (at_ < text_.size() && text_[at_] == '\n') {
      ++at_;
      ++next_line_;
      return;
    }
    if (at_ == text_.size()) return;
    status_ = absl::InvalidArgumentError(
        absl::StrCat("line ", next_line_, ": text after a closing quote"));
  }
}

void CsvReader::ReadField() {
  field_.clear();
  if (at_ < text_.size() && text_[at_] == '"') {
    ReadQuoted();
    return;
  }
  const size_t end = text_.find_first_of(",\r\n", at_);
  const size_t stop = end == absl::string_view::npos ? text_.size() : end;
  field_.assign(text_.data() + at_, stop - at_);
  at_ = stop;
}

void CsvReader::ReadQuoted() {
  for (++at_; at_ < text_.size(); ++at_) {
    const bool quote = text_[at_] == '"';
    if (quote && (at_ + 1 == text_.size() || text_[at_ + 1] != '"')) {
      ++at_;
      return;
    }
    if (quote) ++at_;
    if (text_[at_] == '\n') ++next_line_;
    field_.push_back(text_[at_]);
  }
  status_ = absl::InvalidArgumentError(
      absl::StrCat("line ", line_, ": a quote is never closed"));
}

void AppendCsvLine(const std::vector<std::string>& cells, std::string& csv) {
  for (size_t i = 0; i < cells.size(); ++i)
    absl::StrAppend(&csv, i == 0 ? "" : ",", Quoted(cells[i]));
  absl::StrAppend(&csv, "\n");
}

}  // namespace pistis
