// erasures.jsonl: which members were erased, kept outside of the store, so that
// an old backup which still has them can be cleaned.
//
// One line of JSON for each erasure, ids and times only:
//   {"program":"shop","member":"m-17","time":"2026-03-02T10:00:00Z"}
#ifndef PISTIS_ENGINE_STORAGE_ERASURE_FILE_H_
#define PISTIS_ENGINE_STORAGE_ERASURE_FILE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"

namespace pistis {

struct Erasure {
  ProgramId program;
  MemberId member;
  absl::Time time;

  friend bool operator<(const Erasure& a, const Erasure& b) {
    return std::tie(a.program, a.member, a.time) <
           std::tie(b.program, b.member, b.time);
  }
};

// Its line, with the end.
[[nodiscard]] std::string TextOf(const Erasure& erasure);

struct ErasuresRead {
  std::set<Erasure> erasures;
  // Whether there was more that is no line: the end of what was being written
  // when the power went.
  bool is_torn = false;
  // Whether the last line is whole and only its end is missing, as where
  // somebody put the file together by hand.
  bool lacks_end = false;
};
// What the file says; nothing where there is none. A last line that is none and
// has no end, and one with zero bytes, which a disk leaves that did not write
// all, are torn and left out. kDataLoss for any other line that is none.
[[nodiscard]] absl::StatusOr<ErasuresRead> ReadErasures(
    const std::string& path);

// The file of one folder, to be added to. Remembers a digest of each line, so
// that adding costs what is new; reads the file again where another one has
// written to it. One thread at a time.
class ErasureFile {
 public:
  explicit ErasureFile(std::string folder) : folder_(std::move(folder)) {}

  // Adds those that the file does not have; durable when it returns. Makes the
  // folder, writes a torn file anew without what is torn, and one that lacks an
  // end with it. Statuses as files.h;
  // kDataLoss as ReadErasures.
  absl::Status Add(const std::set<Erasure>& erasures);

 private:
  // 16 bytes of SHA-256.
  using LineDigest = std::array<char, 16>;
  // Tells whether a file is as this left it.
  struct Stamp {
    uint64_t inode = 0;
    int64_t bytes = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  static LineDigest DigestOf(absl::string_view line);
  // Nothing where there is no file.
  static std::optional<Stamp> StampOf(const std::string& path);

  absl::Status Load(const std::string& path);
  absl::Status Write(const std::string& path, absl::string_view fresh);

  const std::string folder_;
  std::optional<Stamp> stamp_;
  absl::flat_hash_set<LineDigest> known_;
  // Whether the file is to be written anew before anything is added.
  bool is_broken_ = false;
};

// Adds to the file of each folder whom those of the others name: a folder that
// is new, or has lost its file, would else never name who was erased before.
// One that cannot be written keeps up no other; statuses as ErasureFile::Add.
absl::Status ShareErasures(const std::vector<std::string>& folders);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ERASURE_FILE_H_
