#include "server/limits/rate_limits.h"

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"

namespace pistis::server {
namespace {

constexpr size_t kMostRemembered = 100'000;
constexpr GuessTerms kUnknown{.at_once = 100, .pause = absl::Seconds(1)};

absl::Status RefuseFor(absl::Duration wait, const std::string& of) {
  const int64_t seconds =
      absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)));
  return Refuse(Reason::kRateLimited,
                absl::StrCat("too many calls of this ", of, "; try again in ",
                             seconds, " s, with the same ids"),
                {{"retry_after_s", absl::StrCat(seconds)}, {"of", of}});
}

}  // namespace

RateLimits::RateLimits(const RateTerms& terms)
    : known_{.terms = {.at_once = terms.burst,
                       .pause = absl::Seconds(1) / terms.rate}},
      unknown_{.terms = kUnknown} {}

absl::Duration RateLimits::WaitOf(const std::string& name, absl::Time now,
                                  Callers& callers) {
  const absl::MutexLock lock(&callers.mutex);
  auto found = callers.buckets.find(name);
  if (found == callers.buckets.end()) {
    if (callers.buckets.size() >= kMostRemembered) callers.buckets.clear();
    found = callers.buckets.try_emplace(name).first;
  }
  const absl::Duration wait = found->second.WaitAt(callers.terms, now);
  if (wait == absl::ZeroDuration()) found->second.Take(callers.terms, now);
  return wait;
}

absl::Status RateLimits::Call(const std::string& caller, absl::Time now) {
  const absl::Duration wait = WaitOf(caller, now, known_);
  return wait == absl::ZeroDuration() ? absl::OkStatus()
                                      : RefuseFor(wait, "caller");
}

absl::Status RateLimits::Ask(const std::string& caller, absl::Time now) {
  const absl::MutexLock lock(&known_.mutex);
  const auto found = known_.buckets.find(caller);
  if (found == known_.buckets.end()) return absl::OkStatus();
  const absl::Duration wait = found->second.WaitAt(known_.terms, now);
  return wait == absl::ZeroDuration() ? absl::OkStatus()
                                      : RefuseFor(wait, "caller");
}

absl::Status RateLimits::Unknown(const std::string& address,
                                 const absl::Status& why, absl::Time now) {
  const absl::Duration wait = WaitOf(address, now, unknown_);
  return wait == absl::ZeroDuration() ? why : RefuseFor(wait, "address");
}

}  // namespace pistis::server
