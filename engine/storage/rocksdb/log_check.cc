#include "engine/storage/rocksdb/log_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"
#include "engine/storage/rocksdb/log_record.h"
#include "engine/storage/rocksdb/status.h"

namespace pistis {
namespace {

// A sequence number and a count of zero: a write that writes nothing.
constexpr size_t kEmptyWriteBytes = 12;

struct Place {
  std::string file;
  uint64_t offset = 0;
};

// Walks block after block, log after log, oldest first.
class LogWalk {
 public:
  // A write proves something where it is longer than this.
  explicit LogWalk(size_t empty_write_bytes)
      : empty_write_bytes_(empty_write_bytes) {}

  // `block` begins at `place`.
  absl::Status Pass(absl::string_view block, const Place& place) {
    size_t at = 0;
    while (at + kLogHeaderBytes <= block.size()) {
      const absl::string_view rest = block.substr(at);
      const Place here = {place.file, place.offset + at};
      const size_t sound = SoundRecordBytes(rest);
      if (sound > 0) {
        PISTIS_RETURN_IF_ERROR(PassSound(rest.substr(0, sound), here));
        at += sound;
      } else {
        PISTIS_RETURN_IF_ERROR(PassBroken(rest, here));
        // Its length may be what broke, so the next may begin anywhere.
        ++at;
      }
    }
    return absl::OkStatus();
  }

 private:
  absl::Status PassSound(absl::string_view record, const Place& here) const {
    if (!broken_.has_value() || !BeginsWrite(record, empty_write_bytes_)) {
      return absl::OkStatus();
    }
    return Damaged(absl::StrCat("acknowledged writes follow in ", here.file,
                                " at byte ", here.offset));
  }

  absl::Status PassBroken(absl::string_view rest, const Place& here) {
    if (broken_.has_value()) return absl::OkStatus();
    broken_ = here;
    return IsOneBitFromSound(rest) ? Damaged("a bit has flipped")
                                   : absl::OkStatus();
  }

  absl::Status Damaged(absl::string_view why) const {
    return absl::DataLossError(absl::StrCat(
        "the log ", broken_->file, " is damaged at byte ", broken_->offset,
        ": ", why, ". Restore a backup; opening would lose writes"));
  }

  const size_t empty_write_bytes_;
  std::optional<Place> broken_;
};

absl::Status WalkLog(rocksdb::Env& env, const std::string& path,
                     LogWalk& walk) {
  const std::string doing = absl::StrCat("check the log ", path);
  std::unique_ptr<rocksdb::SequentialFile> file;
  PISTIS_RETURN_IF_ERROR(FromRocksDb(
      env.NewSequentialFile(path, &file, rocksdb::EnvOptions()), doing));
  std::string buffer(kLogBlockBytes, '\0');
  uint64_t offset = 0;
  rocksdb::Slice block;
  do {
    PISTIS_RETURN_IF_ERROR(
        FromRocksDb(file->Read(kLogBlockBytes, &block, buffer.data()), doing));
    PISTIS_RETURN_IF_ERROR(
        walk.Pass({block.data(), block.size()}, {path, offset}));
    offset += block.size();
  } while (block.size() == kLogBlockBytes);
  return absl::OkStatus();
}

// RocksDB takes a manifest's record whose length points beyond the end for a
// torn one, and opens the database as it was before, which may be empty.
absl::Status CheckManifest(rocksdb::Env& env, const std::string& directory) {
  const std::string current = absl::StrCat(directory, "/CURRENT");
  if (!env.FileExists(current).ok()) return absl::OkStatus();
  std::string name;
  PISTIS_RETURN_IF_ERROR(
      FromRocksDb(rocksdb::ReadFileToString(&env, current, &name),
                  absl::StrCat("read ", current)));
  const std::string manifest =
      absl::StrCat(directory, "/", absl::StripAsciiWhitespace(name));
  // RocksDB has its own words for one that is missing.
  if (!env.FileExists(manifest).ok()) return absl::OkStatus();
  LogWalk walk(0);
  return WalkLog(env, manifest, walk);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> LogsIn(rocksdb::Env& env,
                                                const std::string& directory) {
  std::vector<std::string> files;
  PISTIS_RETURN_IF_ERROR(FromRocksDb(env.GetChildren(directory, &files),
                                     absl::StrCat("list ", directory)));
  std::vector<std::pair<uint64_t, std::string>> numbered;
  for (const std::string& file : files) {
    absl::string_view stem = file;
    uint64_t number = 0;
    if (absl::ConsumeSuffix(&stem, ".log") && absl::SimpleAtoi(stem, &number)) {
      numbered.emplace_back(number, absl::StrCat(directory, "/", file));
    }
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<std::string> logs;
  logs.reserve(numbered.size());
  for (auto& [number, path] : numbered)
    logs.push_back(std::move(path));
  return logs;
}

absl::Status CheckLogs(rocksdb::Env& env, const std::string& directory) {
  PISTIS_RETURN_IF_ERROR(CheckManifest(env, directory));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<std::string> logs,
                          LogsIn(env, directory));
  LogWalk walk(kEmptyWriteBytes);
  for (const std::string& log : logs) {
    PISTIS_RETURN_IF_ERROR(WalkLog(env, log, walk));
  }
  return absl::OkStatus();
}

}  // namespace pistis
