// Time from outside, so that the engine itself never asks what time it is.
#ifndef PISTIS_ENGINE_BASE_CLOCK_H_
#define PISTIS_ENGINE_BASE_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace pistis {

// Tells the time. Implementations may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual absl::Time Now() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] absl::Time Now() const override { return absl::Now(); }
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_CLOCK_H_
