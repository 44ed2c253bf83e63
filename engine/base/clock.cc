#include "engine/base/clock.h"

#include <ctime>

namespace pistis {

absl::Duration BootClock::Elapsed() const {
  timespec elapsed{};
  clock_gettime(CLOCK_BOOTTIME, &elapsed);
  return absl::DurationFromTimespec(elapsed);
}

}  // namespace pistis
