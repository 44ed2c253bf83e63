#include "server/test_wall_clock.h"

#include <sys/syscall.h>
#include <sys/time.h>

#include <atomic>
#include <ctime>

#include <unistd.h>

namespace {

std::atomic<time_t>& AheadSeconds() {
  static constinit std::atomic<time_t> seconds{0};
  return seconds;
}

}  // namespace

// Both take the place of the C library's for the whole program.
extern "C" int gettimeofday(timeval* now, void* zone) noexcept {
  const auto done = static_cast<int>(syscall(SYS_gettimeofday, now, zone));
  if (done == 0) now->tv_sec += AheadSeconds();
  return done;
}
extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const auto done = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (done == 0 && clock == CLOCK_REALTIME) now->tv_sec += AheadSeconds();
  return done;
}

namespace pistis::server {

WallClockAhead::WallClockAhead(std::chrono::seconds by) {
  AheadSeconds() = by.count();
}

WallClockAhead::~WallClockAhead() {
  AheadSeconds() = 0;
}

}  // namespace pistis::server
