#include "server/sinks/backoff.h"

#include <algorithm>
#include <limits>

namespace pistis::server {
namespace {

constexpr int64_t kMostDoublings = 40;
constexpr double kAll = std::numeric_limits<uint32_t>::max();

}  // namespace

absl::Duration LongestWait(const BackoffOptions& options, int64_t failures) {
  const int64_t doublings =
      std::clamp(failures - 1, int64_t{0}, kMostDoublings);
  return std::min(options.max, options.initial * (int64_t{1} << doublings));
}

absl::Duration WaitAfter(const BackoffOptions& options, int64_t failures,
                         uint32_t random) {
  return LongestWait(options, failures) * (random / kAll);
}

}  // namespace pistis::server
