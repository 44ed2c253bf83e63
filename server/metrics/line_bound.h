// A bound on how much is said in a second.
#ifndef PISTIS_SERVER_METRICS_LINE_BOUND_H_
#define PISTIS_SERVER_METRICS_LINE_BOUND_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace pistis::server {

// Any thread.
class LineBound {
 public:
  explicit LineBound(int64_t per_second) : per_second_(per_second) {}

  // Whether one more may be said at `now` by a steady clock: how many were left
  // out since the last that was said, or nothing where it may not.
  [[nodiscard]] std::optional<int64_t> Allows(absl::Duration now);

 private:
  const int64_t per_second_;
  absl::Mutex mutex_;
  absl::Duration second_ ABSL_GUARDED_BY(mutex_) = -absl::InfiniteDuration();
  int64_t said_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_LINE_BOUND_H_
