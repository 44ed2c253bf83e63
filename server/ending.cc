#include "server/ending.h"

namespace pistis::server {

void Ending::End() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_ended_ = true;
  }
  ended_.notify_all();
}

bool Ending::EndsWithin(absl::Duration duration) {
  std::unique_lock<std::mutex> lock(mutex_);
  return ended_.wait_for(lock, absl::ToChronoNanoseconds(duration),
                         [this] { return is_ended_; });
}

}  // namespace pistis::server
