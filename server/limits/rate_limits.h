// How often a caller may call.
#ifndef PISTIS_SERVER_LIMITS_RATE_LIMITS_H_
#define PISTIS_SERVER_LIMITS_RATE_LIMITS_H_

#include <cstddef>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "engine/codes/guess_bucket.h"

namespace pistis::server {

struct RateTerms {
  // Calls of a key or a certificate, a second; and how many at once.
  int rate = 2000;
  int burst = 4000;
};

// In memory: a start forgets. Any thread; never blocks. `now` never runs back
// by much.
class RateLimits {
 public:
  explicit RateLimits(const RateTerms& terms);
  RateLimits(const RateLimits&) = delete;
  RateLimits& operator=(const RateLimits&) = delete;

  // Counts a call of the caller of this name. OK, or RATE_LIMITED with the
  // seconds to wait (`retry_after_s`), rounded up, and `of`: "caller".
  [[nodiscard]] absl::Status Call(const std::string& caller, absl::Time now);

  // What Call would answer, without counting: asked before the body of a call
  // is read, which Call counts once it is there.
  [[nodiscard]] absl::Status Ask(const std::string& caller, absl::Time now);

  // Counts a call from this network (peer_network.h) that `why` says nobody is
  // known to have made, and gives what it is answered with: `why`, or
  // RATE_LIMITED
  // (`of`: "address") after a hundred at once, one more a second. Good callers
  // of the same address go on.
  [[nodiscard]] absl::Status Unknown(const std::string& address,
                                     const absl::Status& why, absl::Time now);

 private:
  // Those of one kind; where there are too many, they are all forgotten.
  struct Callers {
    GuessTerms terms;
    absl::Mutex mutex = {};
    absl::flat_hash_map<std::string, GuessBucket> buckets
        ABSL_GUARDED_BY(mutex) = {};
  };

  // How long it has to wait; a call that need not is counted.
  static absl::Duration WaitOf(const std::string& name, absl::Time now,
                               Callers& callers);

  Callers known_;
  Callers unknown_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_LIMITS_RATE_LIMITS_H_
