// The job that keeps the sums of margin reports.
#ifndef PISTIS_SERVER_MARGIN_JOB_H_
#define PISTIS_SERVER_MARGIN_JOB_H_

#include <deque>
#include <map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/base/ids.h"
#include "server/engine_room.h"

namespace pistis::server {

// Folds the commits of every program into its sums: reads them in slices beside
// the executor and has it put each slice's rows in one small command. One
// thread at a time; the room must outlive it.
class MarginJob {
 public:
  explicit MarginJob(const EngineRoom& room) : room_(room) {}

  // Begins a pass over all programs, unless one is under way.
  void Begin();
  // Folds the next slice of the pass; true where there may be another one. What
  // fails is logged, and the program waits for the next pass.
  bool Step();

 private:
  // What became of a slice.
  struct Slice {
    bool did_work = false;
    bool more = false;
  };
  absl::StatusOr<Slice> Fold(const ProgramId& program);
  void Warn(const ProgramId& program, const absl::Status& status);

  const EngineRoom& room_;
  // Whose commits are still to be folded in this pass.
  std::deque<ProgramId> programs_;
  // What became of each program's last slice.
  std::map<ProgramId, absl::Status> told_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_MARGIN_JOB_H_
