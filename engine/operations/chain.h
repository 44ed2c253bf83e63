// The chain of a program's entries: each commit's hash covers all before it, so
// that nothing can be changed, left out or put in without every later hash
// being another one.
//
//   link  := SHA-256(previous link, 32 bytes (32 zero bytes for the first)
//                    program's id, a zero byte
//                    commit_seq, 8 bytes big-endian
//                    for each entry of the commit, in the order it was posted:
//                      member's id, a zero byte
//                      entry number, 8 bytes big-endian
//                      length of the stored EntryRecord, 8 bytes big-endian
//                      the stored EntryRecord's bytes)
//
// Commits without entries are no part of it. Programs have chains of their own,
// so none waits for another.
#ifndef PISTIS_ENGINE_OPERATIONS_CHAIN_H_
#define PISTIS_ENGINE_OPERATIONS_CHAIN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/base/ids.h"

namespace pistis {

// An entry as it is stored.
struct ChainedEntry {
  MemberId member;
  int64_t number = 0;
  std::string record;
};

// The next link; `previous` is empty for a program's first.
[[nodiscard]] std::string NextLink(absl::string_view previous,
                                   const ProgramId& program, int64_t commit_seq,
                                   const std::vector<ChainedEntry>& entries);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CHAIN_H_
