#include "engine/storage/rocksdb/log_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"
#include "engine/storage/rocksdb/status.h"

namespace pistis {
namespace {

constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kTypeOffset = 6;
// A sequence number and a count of zero: a write that writes nothing.
constexpr size_t kEmptyWriteBytes = 12;
constexpr uint8_t kWhole = 1;
constexpr uint8_t kFirst = 2;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  constexpr uint32_t kCastagnoli = 0x82f63b78;
  std::array<uint32_t, 256> table = {};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kCastagnoli : 0);
    }
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kCrcTable = MakeCrcTable();

uint32_t MaskedCrc(absl::string_view bytes) {
  constexpr uint32_t kMaskDelta = 0xa282ead8;
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + kMaskDelta;
}

uint32_t LittleEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8) | static_cast<uint8_t>(bytes[i - 1]);
  }
  return value;
}

struct Place {
  std::string file;
  uint64_t offset = 0;
};

// Walks block after block, log after log, oldest first.
class LogWalk {
 public:
  // `block` begins at `place`.
  absl::Status Pass(absl::string_view block, const Place& place) {
    size_t at = 0;
    while (at + kHeaderBytes <= block.size()) {
      const absl::string_view rest = block.substr(at);
      const size_t length = LittleEndian(rest.substr(4, 2));
      const Place here = {place.file, place.offset + at};
      if (kHeaderBytes + length > rest.size()) {
        NoteBroken(here);
        break;
      }
      PISTIS_RETURN_IF_ERROR(
          PassRecord(rest.substr(0, kHeaderBytes + length), here));
      // A broken record's length may still be right, which finds the next.
      at += kHeaderBytes + length;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status PassRecord(absl::string_view record, const Place& here) {
    if (MaskedCrc(record.substr(kTypeOffset)) !=
        LittleEndian(record.substr(0, 4))) {
      NoteBroken(here);
      return absl::OkStatus();
    }
    if (!broken_.has_value() || !BeginsWrite(record)) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat(
        "the log ", broken_->file, " is damaged at byte ", broken_->offset,
        ": acknowledged writes follow in ", here.file, " at byte ", here.offset,
        ". Restore a backup; opening would lose them"));
  }

  static bool BeginsWrite(absl::string_view record) {
    const auto type = static_cast<uint8_t>(record[kTypeOffset]);
    return type == kFirst ||
           (type == kWhole && record.size() > kHeaderBytes + kEmptyWriteBytes);
  }

  void NoteBroken(const Place& here) {
    if (!broken_.has_value()) broken_ = here;
  }

  std::optional<Place> broken_;
};

using NumberedLog = std::pair<uint64_t, std::string>;

std::vector<NumberedLog> SortedLogs(const std::vector<std::string>& files) {
  std::vector<NumberedLog> logs;
  for (const std::string& file : files) {
    absl::string_view stem = file;
    uint64_t number = 0;
    if (absl::ConsumeSuffix(&stem, ".log") && absl::SimpleAtoi(stem, &number)) {
      logs.emplace_back(number, file);
    }
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

absl::Status WalkLog(rocksdb::Env& env, const std::string& path,
                     LogWalk& walk) {
  const std::string doing = absl::StrCat("check the log ", path);
  std::unique_ptr<rocksdb::SequentialFile> file;
  PISTIS_RETURN_IF_ERROR(FromRocksDb(
      env.NewSequentialFile(path, &file, rocksdb::EnvOptions()), doing));
  std::string buffer(kBlockBytes, '\0');
  uint64_t offset = 0;
  rocksdb::Slice block;
  do {
    PISTIS_RETURN_IF_ERROR(
        FromRocksDb(file->Read(kBlockBytes, &block, buffer.data()), doing));
    PISTIS_RETURN_IF_ERROR(
        walk.Pass({block.data(), block.size()}, {path, offset}));
    offset += block.size();
  } while (block.size() == kBlockBytes);
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLogs(rocksdb::Env& env, const std::string& directory) {
  std::vector<std::string> files;
  PISTIS_RETURN_IF_ERROR(FromRocksDb(env.GetChildren(directory, &files),
                                     absl::StrCat("list ", directory)));
  LogWalk walk;
  for (const auto& [number, file] : SortedLogs(files)) {
    PISTIS_RETURN_IF_ERROR(
        WalkLog(env, absl::StrCat(directory, "/", file), walk));
  }
  return absl::OkStatus();
}

}  // namespace pistis
