// The files erasures.jsonl of a server (engine/storage/erasure_file.h): who was
// erased is noted there, and an old backup that is served again cleaned by it.
#ifndef PISTIS_SERVER_ERASURE_LOG_H_
#define PISTIS_SERVER_ERASURE_LOG_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "engine/base/ids.h"
#include "engine/storage/erasure_file.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/store.h"
#include "server/engine_room.h"

namespace pistis::server {

// The same lines in a file of each folder. One thread at a time.
class ErasureLog {
 public:
  explicit ErasureLog(const std::vector<std::string>& folders);

  // Adds the members' erasures, as `reader` shows them, to each file that does
  // not have them; durable when it returns. Folders that are missing are made;
  // one that cannot be written keeps up no other. Who has no erasure that can
  // be read is left out.
  absl::Status Note(const Reader& reader, const ProgramId& program,
                    const std::set<MemberId>& members);

  // Notes everybody whom the store knows as erased, where a folder has no file:
  // both may be lost. Before anybody is served; the work grows with them.
  absl::Status NoteWhereNoneIs(const Reader& reader);

  // Erases those members that a file names and the store still knows: it is an
  // older copy. A member who was enrolled after the erasure of one with the
  // same id stays. One who cannot be erased, as where records cannot be read,
  // is logged and stays. Before anybody is served; blocks. kDataLoss where a
  // file holds what is no such line; other failures are of storage.
  absl::Status ApplyTo(const EngineRoom& room) const;

 private:
  const std::vector<std::string> folders_;
  // One of each folder.
  std::vector<ErasureFile> files_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ERASURE_LOG_H_
