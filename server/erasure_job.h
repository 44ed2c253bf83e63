// The job that cleans up after EraseMember.
#ifndef PISTIS_SERVER_ERASURE_JOB_H_
#define PISTIS_SERVER_ERASURE_JOB_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"

#include "engine/operations/clean_erased.h"
#include "server/engine_room.h"
#include "server/erasure_log.h"

namespace pistis::server {

// Takes what the history of erased members repeats of them out of the store:
// looks for it beside the executor, and has it cleaned in small commands. Then
// notes the erasures in the log outside of the store. One thread at a time; the
// room must outlive it.
class ErasureJob {
 public:
  ErasureJob(const EngineRoom& room, std::vector<std::string> folders)
      : room_(room), log_(std::move(folders)) {}

  // Takes the next step; true where there is more to do. What fails is logged
  // and begins anew with a later step.
  bool Step();

 private:
  struct Walk {
    ErasureWalk of;
    int64_t cleaned = 0;
  };
  absl::Status Begin();
  absl::Status Look();
  absl::Status Finish();

  const EngineRoom& room_;
  const ErasureLog log_;
  std::optional<Walk> walk_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ERASURE_JOB_H_
