// The job that posts what falls due in accounts nobody touches.
#ifndef PISTIS_SERVER_DUE_JOB_H_
#define PISTIS_SERVER_DUE_JOB_H_

#include <map>

#include "absl/time/time.h"

#include "engine/base/ids.h"
#include "engine/storage/keys.h"
#include "server/ending.h"
#include "server/engine_room.h"

namespace pistis::server {

// Works off the due-queue of every program: expiries, releases of pending
// points, holds whose time is over. In small commands between those of tills,
// so that a long stop is caught up without holding anybody up. One thread at a
// time; the room must outlive it.
class DueJob {
 public:
  explicit DueJob(const EngineRoom& room) : room_(room) {}

  // Posts all that is due now, or what can be until the end. What fails is
  // logged and left for the next pass.
  void Pass(Ending& ending);

 private:
  void WorkOff(const ProgramId& program, Ending& ending);
  void WorkOffCases(const ProgramId& program, Ending& ending);

  const EngineRoom& room_;
  int passes_ = 0;
  struct Reached {
    DueMember member;
    absl::Time reservations = absl::UnixEpoch();
    absl::Time notes = absl::UnixEpoch();
  };

  // How far each program's cases were worked off.
  std::map<ProgramId, absl::Time> cases_reached_;
  // How far each program's queues were worked off.
  std::map<ProgramId, Reached> reached_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_DUE_JOB_H_
