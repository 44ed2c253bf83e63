// The records that RocksDB writes its logs and manifests in: 32 KiB blocks of
//   block    := record* trailer
//   record   := checksum length type payload
//   checksum := 4 bytes, masked CRC-32C of type and payload, little-endian
//   length   := 2 bytes, of the payload, little-endian
//   type     := 1 byte: 1 whole, 2 first, 3 middle, 4 last part of a write
//   trailer  := up to 6 bytes that no record fits into
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_RECORD_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_RECORD_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace pistis {

inline constexpr size_t kLogBlockBytes = 32 << 10;
inline constexpr size_t kLogHeaderBytes = 7;

// The length of the record that `bytes`, the rest of a block and at least a
// header, begin with; 0 where it is broken.
[[nodiscard]] size_t SoundRecordBytes(absl::string_view bytes);

// Whether that record, which is broken, would be sound but for one bit. A write
// that a power loss tore does not look like that: it ends early, or has zeros
// where pages did not reach the disk, by which it is told apart. For other
// nonsense the answer is wrong once in 16,000 times at a whole block, less
// where it is shorter.
[[nodiscard]] bool IsOneBitFromSound(absl::string_view bytes);

// Whether a sound record is the beginning of a write of more than `more_than`
// bytes.
[[nodiscard]] bool BeginsWrite(absl::string_view record, size_t more_than);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_LOG_RECORD_H_
