#include "clients/cpp/backoff.h"

#include <algorithm>

namespace pistis {

Backoff::Backoff(absl::Duration initial, absl::Duration max)
    : initial_(std::min(initial, max)), max_(max), ceiling_(initial_) {}

absl::Duration Backoff::Next() {
  const absl::Duration ceiling = ceiling_;
  ceiling_ = std::min(max_, ceiling_ * 2);
  return ceiling * absl::Uniform(absl::IntervalClosed, chance_, 0.5, 1.0);
}

}  // namespace pistis
