// A clock that survives what happens to the machine's.
#ifndef PISTIS_ENGINE_BASE_TRUSTED_CLOCK_H_
#define PISTIS_ENGINE_BASE_TRUSTED_CLOCK_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "engine/base/clock.h"

namespace pistis {

// Why the machine's clock is not believed.
struct ClockSuspicion {
  // What it says.
  absl::Time wall;
  // What it should say, by the time that has passed since it was believed.
  absl::Time expected;
  // How far it may be from that.
  absl::Duration bound;
};

// "the clock says 2036-01-10T10:00:00Z, 87648h ahead of 2026-..., ..."
[[nodiscard]] std::string ToText(const ClockSuspicion& suspicion);

struct TrustedClockOptions {
  // The time of the last commit, nothing where there was none: the clock
  // answers nothing earlier.
  std::optional<absl::Time> last_commit;
  // How far ahead of the last commit the wall clock may be at first, for the
  // time in which nothing ran. InfiniteDuration: however far.
  absl::Duration max_downtime = absl::Hours(24) * 400;
  // How far from what has passed since it was last believed the wall clock may
  // be afterwards.
  absl::Duration max_jump = absl::Hours(24);
};

// The wall clock's time while that can be believed, and never a time earlier
// than an answer before. A wall clock that was set back a little makes time
// stand still until it has caught up. One that is beyond its bounds, ahead or
// behind, is not believed: time goes on from the last answer at the steady
// clock's pace, until the wall clock is within them again.
//
// A step within max_jump cannot be told from a correction, nor a jump while
// nothing ran from a pause of that length: both are believed.
//
// Any thread. The clocks under it must outlive it.
class TrustedClock final : public Clock {
 public:
  TrustedClock(const Clock& wall, const SteadyClock& steady,
               const TrustedClockOptions& options);

  [[nodiscard]] absl::Time Now() const override;
  [[nodiscard]] absl::Time WallNow() const override { return wall_.WallNow(); }
  // Why the wall clock is not believed now; nothing where it is.
  [[nodiscard]] std::optional<ClockSuspicion> Suspicion() const;

 private:
  struct Reading {
    absl::Time now;
    std::optional<ClockSuspicion> suspicion;
  };
  Reading Read() const;

  const Clock& wall_;
  const SteadyClock& steady_;
  const absl::Duration max_jump_;

  mutable absl::Mutex mutex_;
  // max_downtime until the wall clock is first believed.
  mutable absl::Duration max_ahead_ ABSL_GUARDED_BY(mutex_);
  // The last answer, and when by the steady clock.
  mutable absl::Time last_ ABSL_GUARDED_BY(mutex_);
  mutable absl::Duration last_elapsed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_TRUSTED_CLOCK_H_
