#include "engine/storage/rocksdb/log_record.h"

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/match.h"

namespace pistis {
namespace {

constexpr size_t kLengthOffset = 4;
constexpr size_t kTypeOffset = 6;
constexpr uint8_t kWhole = 1;
constexpr uint8_t kFirst = 2;
constexpr uint8_t kLast = 4;
// What has this many zeros in a row lacks a page.
constexpr size_t kZerosOfMissingPage = 64;

constexpr uint32_t kCastagnoli = 0x82f63b78;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
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
constexpr uint32_t kMaskDelta = 0xa282ead8;

uint32_t Crc(absl::string_view bytes) {
  uint32_t crc = ~uint32_t{0};
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kCrcTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  return ~crc;
}

uint32_t Unmasked(uint32_t masked) {
  const uint32_t rotated = masked - kMaskDelta;
  return (rotated >> 17) | (rotated << 15);
}

uint32_t LittleEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) {
    value = (value << 8) | static_cast<uint8_t>(bytes[i - 1]);
  }
  return value;
}

size_t ClaimedBytes(absl::string_view bytes) {
  return kLogHeaderBytes + LittleEndian(bytes.substr(kLengthOffset, 2));
}

uint32_t StoredCrc(absl::string_view bytes) {
  return Unmasked(LittleEndian(bytes.substr(0, kLengthOffset)));
}

// A CRC is linear: one bit that turns over changes it by what that bit alone
// would be, however the other bits are.
bool IsOneBitOfPayload(uint32_t difference, size_t payload_bytes) {
  std::array<uint32_t, 8> change = {};
  for (size_t bit = 0; bit < change.size(); ++bit) {
    change[bit] = kCrcTable[size_t{1} << bit];
  }
  for (size_t from_end = 0; from_end < payload_bytes; ++from_end) {
    for (uint32_t& of_bit : change) {
      if (of_bit == difference) return true;
      of_bit = (of_bit >> 8) ^ kCrcTable[of_bit & 0xff];
    }
  }
  return false;
}

bool IsOneBitOfHeader(absl::string_view bytes) {
  std::string copy(bytes);
  for (size_t bit = 0; bit < 8 * kLogHeaderBytes; ++bit) {
    const char turned = static_cast<char>(1 << (bit % 8));
    copy[bit / 8] = static_cast<char>(copy[bit / 8] ^ turned);
    if (SoundRecordBytes(copy) > 0) return true;
    copy[bit / 8] = static_cast<char>(copy[bit / 8] ^ turned);
  }
  return false;
}

}  // namespace

size_t SoundRecordBytes(absl::string_view bytes) {
  const auto type = static_cast<uint8_t>(bytes[kTypeOffset]);
  if (type < kWhole || type > kLast) return 0;
  const size_t length = ClaimedBytes(bytes);
  if (length > bytes.size()) return 0;
  const uint32_t crc = Crc(bytes.substr(kTypeOffset, length - kTypeOffset));
  return crc == StoredCrc(bytes) ? length : 0;
}

bool IsOneBitFromSound(absl::string_view bytes) {
  if (IsOneBitOfHeader(bytes)) return true;
  const size_t length = ClaimedBytes(bytes);
  if (length > bytes.size()) return false;
  const absl::string_view record = bytes.substr(0, length);
  const std::string missing_page(kZerosOfMissingPage, '\0');
  if (absl::StrContains(record, missing_page)) return false;
  const uint32_t difference =
      Crc(record.substr(kTypeOffset)) ^ StoredCrc(record);
  return IsOneBitOfPayload(difference, length - kLogHeaderBytes);
}

bool BeginsWrite(absl::string_view record, size_t more_than) {
  const auto type = static_cast<uint8_t>(record[kTypeOffset]);
  return type == kFirst ||
         (type == kWhole && record.size() > kLogHeaderBytes + more_than);
}

}  // namespace pistis
