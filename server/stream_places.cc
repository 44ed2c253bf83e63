#include "server/stream_places.h"

namespace pistis::server {

StreamPlaces::PlacePtr StreamPlaces::Take(const Caller& caller) {
  const absl::MutexLock lock(&mutex_);
  if (taken_ >= most_.in_all) return nullptr;
  const auto own = of_caller_.find(caller.name);
  if (!caller.is_anybody() && own != of_caller_.end() &&
      own->second >= most_.of_a_caller) {
    return nullptr;
  }
  ++taken_;
  ++of_caller_[caller.name];
  return std::make_unique<const Place>(*this, caller.name);
}

void StreamPlaces::GiveBack(const std::string& caller) {
  const absl::MutexLock lock(&mutex_);
  --taken_;
  const auto own = of_caller_.find(caller);
  if (--own->second == 0) of_caller_.erase(own);
}

}  // namespace pistis::server
