#include "engine/base/clock.h"

#include <ctime>

namespace pistis {
namespace {

// The first second of year 1, and the first one of year 10000.
constexpr absl::Time kFirst = absl::FromUnixSeconds(-62135596800);
constexpr absl::Time kEnd = absl::FromUnixSeconds(253402300800);

}  // namespace

bool IsCalendarTime(absl::Time time) {
  return kFirst <= time && time < kEnd;
}

bool IsCalendarOrNever(absl::Time time) {
  return IsCalendarTime(time) || time == absl::InfiniteFuture();
}

absl::Duration BootClock::Elapsed() const {
  timespec elapsed{};
  clock_gettime(CLOCK_BOOTTIME, &elapsed);
  return absl::DurationFromTimespec(elapsed);
}

}  // namespace pistis
