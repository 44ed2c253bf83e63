#include "server/metrics/line_bound.h"

#include <utility>

namespace pistis::server {

std::optional<int64_t> LineBound::Allows(absl::Duration now) {
  absl::MutexLock lock(&mutex_);
  if (now - second_ >= absl::Seconds(1)) {
    second_ = now;
    said_ = 0;
  }
  if (said_ >= per_second_) {
    ++left_out_;
    return std::nullopt;
  }
  ++said_;
  return std::exchange(left_out_, 0);
}

}  // namespace pistis::server
