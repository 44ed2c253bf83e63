// Time from outside, so that the engine itself never asks what time it is.
#ifndef PISTIS_ENGINE_BASE_CLOCK_H_
#define PISTIS_ENGINE_BASE_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace pistis {

// Whether `time` lies in the years 1 to 9999, like every time that a caller can
// name. The infinite ones do not.
[[nodiscard]] bool IsCalendarTime(absl::Time time);
// The same, or InfiniteFuture.
[[nodiscard]] bool IsCalendarOrNever(absl::Time time);

// Tells the time. Implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // The time by which the engine works.
  [[nodiscard]] virtual absl::Time Now() const = 0;
  // What the machine's clock says, right or wrong: callers' deadlines are
  // counted by it.
  [[nodiscard]] virtual absl::Time WallNow() const { return Now(); }
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] absl::Time Now() const override { return absl::Now(); }
};

// Tells how much time has passed, whatever the machine's clock is set to.
// Implementations may be called from any thread.
class SteadyClock {
 public:
  virtual ~SteadyClock() = default;
  // Since some moment before; never less than it said earlier.
  [[nodiscard]] virtual absl::Duration Elapsed() const = 0;
};

// Since the machine started, the time it slept included.
class BootClock final : public SteadyClock {
 public:
  [[nodiscard]] absl::Duration Elapsed() const override;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_CLOCK_H_
