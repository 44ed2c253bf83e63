#include "server/http/connection_counts.h"

namespace pistis::server {

bool ConnectionCounts::Enter(const std::string& address) {
  const absl::MutexLock lock(&mutex_);
  if (open_ >= most_) return false;
  int& here = by_address_[address];
  if (here >= most_per_address_) return false;
  ++here;
  ++open_;
  return true;
}

void ConnectionCounts::Leave(const std::string& address) {
  const absl::MutexLock lock(&mutex_);
  --open_;
  const auto found = by_address_.find(address);
  if (--found->second == 0) by_address_.erase(found);
}

}  // namespace pistis::server
