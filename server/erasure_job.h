// The job that cleans up after EraseMember.
#ifndef PISTIS_SERVER_ERASURE_JOB_H_
#define PISTIS_SERVER_ERASURE_JOB_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "engine/base/clock.h"
#include "engine/base/ids.h"
#include "engine/operations/clean_erased.h"
#include "server/engine_room.h"
#include "server/erasure_log.h"

namespace pistis::server {

// Notes new erasures in the log outside of the store, with a step a second at
// most. Beside that, takes what the history of erased members repeats of them
// out of the store: looks for it beside the executor, and has it cleaned in
// small commands. Who is noted and cleaned is marked as clean. What fails is
// logged. A log that cannot be written is tried again after `retry` and with
// each new erasure; it keeps up nothing but the mark. A member whose
// ErasureRecord cannot be read is passed over. One thread at a time; the room
// must outlive it.
class ErasureJob {
 public:
  ErasureJob(const EngineRoom& room, const std::vector<std::string>& folders,
             absl::Duration retry = absl::Minutes(1))
      : room_(room), log_(folders), retry_(retry) {}
  // Looks once more, and notes what was not yet: destroyed after the last
  // commit, it owes nothing. One try.
  ~ErasureJob();
  ErasureJob(const ErasureJob&) = delete;
  ErasureJob& operator=(const ErasureJob&) = delete;

  // Takes the next step; true where there is more to clean.
  bool Step();

 private:
  struct Walk {
    ErasureWalk of;
    int64_t cleaned = 0;
  };
  // Members that are not marked as clean yet.
  struct Unmarked {
    std::set<MemberId> noted;
    // Those whom the last try failed to note everywhere.
    std::set<MemberId> tried;
    std::set<MemberId> cleaned;
    // As was last logged.
    int64_t unreadable = 0;
  };
  void NoteAndLog();
  absl::Status NoteAll();
  absl::Status Begin();
  absl::Status Look();
  absl::Status MarkAll();

  const EngineRoom& room_;
  ErasureLog log_;
  const absl::Duration retry_;
  const BootClock steady_;
  // Not before is the log written again; and what failed is tried again.
  absl::Duration next_note_;
  absl::Duration next_retry_;
  std::optional<Walk> walk_;
  std::map<ProgramId, Unmarked> unmarked_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ERASURE_JOB_H_
