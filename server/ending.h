// How a thread that works by the clock is told to end.
#ifndef PISTIS_SERVER_ENDING_H_
#define PISTIS_SERVER_ENDING_H_

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace pistis::server {

// Any thread. Waits are counted by the steady clock: an absl::Mutex counts its
// own by the wall clock, and would wait for ten years where that is set back by
// as much.
class Ending {
 public:
  void End();
  // Waits for `duration` or the end; true where it is the end.
  [[nodiscard]] bool EndsWithin(absl::Duration duration);

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_ended_ = false;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ENDING_H_
