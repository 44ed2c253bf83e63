#include "server/sinks/file_sink.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"
#include "engine/storage/files.h"
#include "server/sinks/event_json.h"
#include <fcntl.h>
#include <unistd.h>

namespace pistis::server {
namespace {

constexpr int64_t kMaxBytes = int64_t{64} << 20;
constexpr int kKept = 10;
constexpr mode_t kMode = 0640;
constexpr absl::string_view kEnding = ".jsonl";

absl::Status Errno(absl::string_view what) {
  return absl::ErrnoToStatus(errno, what);
}

// How much of the file its whole lines are.
absl::StatusOr<int64_t> WholeLines(int descriptor) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return Errno("the file has no size");
  std::array<char, 4096> piece{};
  int64_t end = info.st_size;
  while (end > 0) {
    const int64_t begin =
        std::max(end - static_cast<int64_t>(piece.size()), int64_t{0});
    const ssize_t read = pread(descriptor, piece.data(),
                               static_cast<size_t>(end - begin), begin);
    if (read != end - begin) return Errno("the file cannot be read");
    for (int64_t at = end; at > begin; --at) {
      if (piece[static_cast<size_t>(at - begin - 1)] == '\n') return at;
    }
    end = begin;
  }
  return 0;
}

// The number of "<name>.000012.jsonl"; 0 for other names.
int64_t NumberOf(absl::string_view file, const std::string& name) {
  int64_t number = 0;
  const bool is_full = absl::ConsumePrefix(&file, absl::StrCat(name, ".")) &&
                       absl::ConsumeSuffix(&file, kEnding) &&
                       absl::SimpleAtoi(file, &number);
  return is_full ? number : 0;
}

}  // namespace

FileSink::FileSink(v1::FileSink file, const ProgramId& program,
                   const std::string& folder)
    : file_(std::move(file)),
      folder_(folder.empty()
                  ? ""
                  : AbsolutePath(absl::StrCat(folder, "/", program.text()))) {}

FileSink::~FileSink() {
  Close();
}

std::string FileSink::Path() const {
  return absl::StrCat(folder_, "/", file_.name(), kEnding);
}

bool FileSink::IsInPlace() const {
  struct stat open {};
  struct stat named {};
  return fstat(descriptor_, &open) == 0 && stat(Path().c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino &&
         open.st_size == size_;
}

void FileSink::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

absl::Status FileSink::Open() {
  if (folder_.empty()) {
    return absl::FailedPreconditionError(
        "the server was started without --events_dir");
  }
  PISTIS_RETURN_IF_ERROR(MakeDirectoryDurably(folder_));
  descriptor_ = open(Path().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (descriptor_ < 0) return Errno("the file does not open");
  PISTIS_RETURN_IF_ERROR(SyncPath(folder_));
  PISTIS_ASSIGN_OR_RETURN(size_, WholeLines(descriptor_));
  if (ftruncate(descriptor_, size_) != 0) {
    return Errno("a torn line cannot be cut off");
  }
  return absl::OkStatus();
}

absl::Status FileSink::Write() {
  if (descriptor_ >= 0 && !IsInPlace()) Close();
  if (descriptor_ < 0) PISTIS_RETURN_IF_ERROR(Open());
  absl::string_view left = waiting_;
  while (!left.empty()) {
    const ssize_t written =
        pwrite(descriptor_, left.data(), left.size(), size_);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Errno("the file cannot be written");
    left.remove_prefix(static_cast<size_t>(written));
    size_ += written;
  }
  if (fdatasync(descriptor_) != 0) return Errno("the file cannot be synced");
  waiting_.clear();
  const int64_t most = file_.max_bytes() == 0 ? kMaxBytes : file_.max_bytes();
  return size_ < most ? absl::OkStatus() : Rotate();
}

absl::Status FileSink::Rotate() {
  Close();
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          NamesIn(folder_));
  std::vector<int64_t> numbers;
  for (const std::string& name : names) {
    const int64_t number = NumberOf(name, file_.name());
    if (number > 0) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.push_back(numbers.empty() ? 1 : numbers.back() + 1);
  const auto path = [&](int64_t number) {
    return absl::StrFormat("%s/%s.%06d%s", folder_, file_.name(), number,
                           kEnding);
  };
  PISTIS_RETURN_IF_ERROR(RenameDurably(Path(), path(numbers.back())));
  const auto kept =
      static_cast<size_t>(file_.keep() == 0 ? kKept : file_.keep());
  for (size_t i = 0; i + kept < numbers.size(); ++i) {
    if (std::remove(path(numbers[i]).c_str()) != 0) {
      return Errno("an old file cannot be removed");
    }
  }
  return absl::OkStatus();
}

Delivery FileSink::Deliver(const v1::Event& event) {
  absl::StrAppend(&waiting_, EventJson(event), "\n");
  return {};
}

Delivery FileSink::Flush() {
  if (waiting_.empty()) return {};
  const absl::Status written = Write();
  if (written.ok()) return {};
  waiting_.clear();
  Close();
  return {.outcome = Outcome::kUnreachable,
          .trouble = std::string(written.message())};
}

}  // namespace pistis::server
