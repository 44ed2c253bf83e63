// The job that posts what falls due in accounts nobody touches.
#ifndef PISTIS_SERVER_EXPIRY_JOB_H_
#define PISTIS_SERVER_EXPIRY_JOB_H_

#include <map>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "engine/base/ids.h"
#include "server/engine_room.h"

namespace pistis::server {

// Works off the due-queue of every program: at start-up and then every
// `interval`, in small commands between those of tills, so that a long stop is
// caught up without holding anybody up.
class ExpiryJob {
 public:
  ExpiryJob(const EngineRoom& room, absl::Duration interval);
  ExpiryJob(const ExpiryJob&) = delete;
  ExpiryJob& operator=(const ExpiryJob&) = delete;
  // Ends after the command under way.
  ~ExpiryJob();

 private:
  void Loop();
  void WorkOff(const ProgramId& program);
  // Waits for `duration` or the end; true where it is the end.
  bool EndsWithin(absl::Duration duration);

  const EngineRoom& room_;
  const absl::Duration interval_;
  // How far each program's queue was worked off.
  std::map<ProgramId, absl::Time> reached_;
  absl::Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EXPIRY_JOB_H_
