// erasures.jsonl: which members were erased, kept outside of the store, so that
// an old backup which still has them is cleaned when it is served again.
//
// One line of JSON for each erasure, ids and times only:
//   {"program":"shop","member":"m-17","time":"2026-03-02T10:00:00Z"}
#ifndef PISTIS_SERVER_ERASURE_LOG_H_
#define PISTIS_SERVER_ERASURE_LOG_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "engine/base/ids.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/store.h"
#include "server/engine_room.h"

namespace pistis::server {

// The same lines in a file of each folder. One thread at a time.
class ErasureLog {
 public:
  explicit ErasureLog(std::vector<std::string> folders)
      : folders_(std::move(folders)) {}

  // Adds the members' erasures, as `reader` shows them, to each file that does
  // not have them; durable when it returns. Folders that are missing are made;
  // one that cannot be written keeps up no other. Who has no erasure that can
  // be read is left out.
  absl::Status Note(const Reader& reader, const ProgramId& program,
                    const std::set<MemberId>& members) const;

  // Erases those members that a file names and the store still knows: it is an
  // older copy. A member who was enrolled after the erasure of one with the
  // same id stays. One who cannot be erased, as where records cannot be read,
  // is logged and stays. Before anybody is served; blocks. kDataLoss where a
  // file holds what is no such line; other failures are of storage.
  absl::Status ApplyTo(const EngineRoom& room) const;

 private:
  std::vector<std::string> folders_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ERASURE_LOG_H_
