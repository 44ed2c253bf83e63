// The machine's wall clock as a test wants it.
#ifndef PISTIS_SERVER_TEST_WALL_CLOCK_H_
#define PISTIS_SERVER_TEST_WALL_CLOCK_H_

#include <chrono>

namespace pistis::server {

// While it lives, this process reads a wall clock that is ahead of the one of
// the kernel; the steady clock stays as it is. What waits until a moment of the
// wall clock therefore waits too long, as where the clock is set back
// meanwhile. One at a time.
class WallClockAhead {
 public:
  explicit WallClockAhead(std::chrono::seconds by);
  WallClockAhead(const WallClockAhead&) = delete;
  WallClockAhead& operator=(const WallClockAhead&) = delete;
  ~WallClockAhead();
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_TEST_WALL_CLOCK_H_
