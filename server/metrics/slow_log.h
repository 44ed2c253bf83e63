// Where the time of slow calls went.
#ifndef PISTIS_SERVER_METRICS_SLOW_LOG_H_
#define PISTIS_SERVER_METRICS_SLOW_LOG_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"

#include "server/metrics/line_bound.h"

namespace pistis::server {

// When a call's work began and when it was decided, by the steady clock; zero
// where it was not.
struct CallTimes {
  absl::Duration work_begun;
  absl::Duration decided;
};

// A call that took too long. Of what the caller sent it holds the ids of the
// program and the request alone.
struct SlowCall {
  std::string method;
  std::string program;
  std::string request_id;
  std::string caller;
  absl::Duration begun;
  absl::Duration ended;
  CallTimes times;
  // Slow calls that were not told since the one before.
  int64_t left_out = 0;
};

// Logs calls that took too long: how long they waited, were worked on, and
// waited for the disk. Some a second at most, the rest are counted. Any thread.
class SlowLog {
 public:
  explicit SlowLog(absl::Duration threshold) : threshold_(threshold) {}

  // A call that is to be told: it took too long, and not too many were told in
  // this second.
  [[nodiscard]] std::optional<SlowCall> Take(absl::Duration begun,
                                             absl::Duration ended);
  void Tell(const SlowCall& call) const;
  // How many there were, told or not.
  [[nodiscard]] int64_t count() const { return count_; }

 private:
  const absl::Duration threshold_;
  std::atomic<int64_t> count_ = 0;
  LineBound bound_{5};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_SLOW_LOG_H_
