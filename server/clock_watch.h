// Says when the machine's clock is wrong, and keeps jobs from working by it.
#ifndef PISTIS_SERVER_CLOCK_WATCH_H_
#define PISTIS_SERVER_CLOCK_WATCH_H_

#include <optional>

#include "absl/time/time.h"

#include "engine/base/clock.h"
#include "engine/base/trusted_clock.h"

namespace pistis::server {

// Logs an error when the clock is not believed any more, one an hour while that
// lasts, and that it is over. One thread at a time; the clocks must outlive it.
class ClockWatch {
 public:
  ClockWatch(const TrustedClock& clock, const SteadyClock& steady)
      : clock_(clock), steady_(steady) {}

  // Looks at the clock, says what is to be said, and is true where the clock is
  // believed.
  [[nodiscard]] bool AllowsJobs();

 private:
  const TrustedClock& clock_;
  const SteadyClock& steady_;
  // When it was last said that the clock is not believed; nothing while it is.
  std::optional<absl::Duration> said_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CLOCK_WATCH_H_
