#include "server/http/connection_counts.h"

namespace pistis::server {
namespace {

constexpr size_t kMostIdle = 10'000;

}  // namespace

ConnectionCounts::ConnectionCounts(const ConnectionTerms& terms)
    : terms_(terms),
      pace_{.at_once = terms.most_per_address,
            .pause = absl::Seconds(1) / terms.new_per_second} {}

bool ConnectionCounts::Enter(const std::string& address, absl::Duration now) {
  const absl::Time at = absl::UnixEpoch() + now;
  const absl::MutexLock lock(&mutex_);
  if (open_ >= terms_.most) return false;
  if (by_address_.size() >= terms_.most + kMostIdle) {
    absl::erase_if(by_address_,
                   [](const auto& each) { return each.second.open == 0; });
  }
  Address& here = by_address_[address];
  if (here.open >= terms_.most_per_address ||
      here.comings.WaitAt(pace_, at) > absl::ZeroDuration()) {
    return false;
  }
  here.comings.Take(pace_, at);
  ++here.open;
  ++open_;
  return true;
}

void ConnectionCounts::Leave(const std::string& address) {
  const absl::MutexLock lock(&mutex_);
  --open_;
  --by_address_.at(address).open;
}

}  // namespace pistis::server
