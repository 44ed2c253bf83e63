// How long to wait before the next try.
#ifndef PISTIS_CLIENTS_CPP_BACKOFF_H_
#define PISTIS_CLIENTS_CPP_BACKOFF_H_

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace pistis {

// Waits that double from `initial` up to `max`, each shortened by chance to
// between half and all of it, so that many clients that failed together do not
// come back together. One thread.
class Backoff {
 public:
  Backoff(absl::Duration initial, absl::Duration max);

  // The wait before the next try.
  [[nodiscard]] absl::Duration Next();

  // Back to the first wait: there was progress.
  void Reset() { ceiling_ = initial_; }

 private:
  absl::Duration initial_;
  absl::Duration max_;
  absl::Duration ceiling_;
  absl::BitGen chance_;
};

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CPP_BACKOFF_H_
