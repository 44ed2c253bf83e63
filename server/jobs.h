// What the server does by the clock, without being asked.
#ifndef PISTIS_SERVER_JOBS_H_
#define PISTIS_SERVER_JOBS_H_

#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

#include "engine/base/clock.h"
#include "engine/base/trusted_clock.h"
#include "server/clock_watch.h"
#include "server/due_job.h"
#include "server/ending.h"
#include "server/engine_room.h"
#include "server/erasure_job.h"
#include "server/margin_job.h"
#include "server/prune_job.h"

namespace pistis::server {

struct JobsOptions {
  absl::Duration interval = absl::Seconds(5);
  // How long request ids are remembered.
  absl::Duration request_retention = absl::Hours(24) * 90;
  // Each gets the log of erased members.
  std::vector<std::string> erasure_folders = {};
};

// Runs the jobs on a thread of their own, at start-up and then every interval:
// first what is due, then the sums of sales, then what erased members left and
// as much of the pruning as there is time for; and the sums again every other
// second. Sums and erasures do not go by the clock; the others are left alone
// while it is not believed.
class Jobs {
 public:
  // The room and the clock must outlive the jobs.
  Jobs(const EngineRoom& room, const TrustedClock& clock,
       const JobsOptions& options);
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;
  // Ends where it was not told to, and then notes who was erased and is not
  // noted yet: destroyed after the executor has drained, it misses nobody.
  ~Jobs();

  // No job does anything once it returns, which it does after the command under
  // way. Once.
  void End();

 private:
  void Loop();
  // Takes steps, at least one, until there are no more or the time is over.
  void StepUntil(absl::Duration until, absl::FunctionRef<bool()> step);
  void FoldMargins(absl::Duration until);
  // Waits, and keeps the sums up to date meanwhile; true where the jobs end.
  bool EndsBefore(absl::Duration until);

  const BootClock steady_;
  const absl::Duration interval_;
  ClockWatch watch_;
  DueJob due_;
  MarginJob margins_;
  PruneJob prune_;
  ErasureJob erasures_;
  Ending ending_;
  std::thread thread_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_JOBS_H_
