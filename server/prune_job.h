// The job that forgets old request ids, and API keys that ended long ago.
#ifndef PISTIS_SERVER_PRUNE_JOB_H_
#define PISTIS_SERVER_PRUNE_JOB_H_

#include <cstddef>
#include <deque>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "engine/base/clock.h"
#include "engine/base/ids.h"
#include "engine/operations/prune_api_keys.h"
#include "engine/operations/prune_requests.h"
#include "server/engine_room.h"

namespace pistis::server {

// Walks all API keys and remembered requests, at most once a day: reads them in
// slices beside the executor and has it forget the old ones in small commands.
// Keys are kept for kApiKeysKeptFor after their end. Where keys cannot be
// forgotten, the requests are, and the keys wait for the next walk. One thread
// at a time; the room and the clock must outlive it.
class PruneJob {
 public:
  // Requests are remembered for `retention`.
  PruneJob(const EngineRoom& room, const SteadyClock& steady,
           absl::Duration retention)
      : room_(room), steady_(steady), retention_(retention) {}

  // Works off the next slice; true where there is another one now. What fails
  // is logged, and the walk goes on from there with the next step.
  bool Step();

 private:
  struct Walk {
    // What is next of the keys; nothing: they are done.
    std::optional<ApiKeySlice> keys;
    // Whose requests are still to be walked, the first one's from `slice` on.
    std::deque<ProgramId> programs;
    RequestSlice slice;
    size_t pruned = 0;
    size_t forgotten_keys = 0;
  };

  absl::Status Begin();
  absl::Status WalkKeys();
  absl::Status ForgetKeys(const OldApiKeys& old);
  absl::Status WalkSlice();
  absl::Status Prune(const OldRequests& old);

  const EngineRoom& room_;
  const SteadyClock& steady_;
  const absl::Duration retention_;
  std::optional<Walk> walk_;
  // When the next walk may begin, by the steady clock.
  absl::Duration next_walk_ = -absl::InfiniteDuration();
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_PRUNE_JOB_H_
