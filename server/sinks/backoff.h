// When a delivery is tried again.
#ifndef PISTIS_SERVER_SINKS_BACKOFF_H_
#define PISTIS_SERVER_SINKS_BACKOFF_H_

#include <cstdint>

#include "absl/time/time.h"

namespace pistis::server {

struct BackoffOptions {
  // The longest first wait; each further one may be twice as long, up to `max`.
  absl::Duration initial = absl::Milliseconds(500);
  absl::Duration max = absl::Hours(1);
  // After so long a time with no success an event is given up.
  absl::Duration give_up_after = absl::Hours(72);
};

// The longest wait after `failures` failures in a row; there was one at least.
[[nodiscard]] absl::Duration LongestWait(const BackoffOptions& options,
                                         int64_t failures);

// A wait from zero to the longest, by chance: those that failed together do not
// come back together. `random` is drawn from all numbers alike.
[[nodiscard]] absl::Duration WaitAfter(const BackoffOptions& options,
                                       int64_t failures, uint32_t random);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_BACKOFF_H_
