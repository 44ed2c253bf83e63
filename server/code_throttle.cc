#include "server/code_throttle.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"

namespace pistis::server {
Guesser GuesserOf(const std::string& program, const std::string& address,
                  const v1::Order& order) {
  Guesser guesser{.program = program,
                  .caller = address,
                  .terminal = order.terminal_id(),
                  .member = order.member_id()};
  if (!guesser.terminal.empty()) {
    guesser.terminal = absl::StrCat(order.store_id(), "\n", guesser.terminal);
  }
  if (order.has_identifier()) {
    guesser.member = absl::StrCat(order.identifier().kind(), "\n",
                                  order.identifier().value());
  }
  return guesser;
}

std::vector<CodeThrottle::Kept> CodeThrottle::KeysOf(
    const Guesser& guesser) const {
  GuessTerms of_caller = options_.terms;
  of_caller.at_once *= options_.caller_factor;
  of_caller.pause /= options_.caller_factor;
  std::vector<Kept> kept;
  const auto add = [&](const char* of, const std::string& name,
                       const GuessTerms& terms) {
    if (name.empty()) return;
    kept.push_back({Sha256(absl::StrCat(guesser.program, "\n", of, "\n", name)),
                    of, terms});
  };
  add("caller", guesser.caller, of_caller);
  add("key", guesser.key, of_caller);
  add("terminal", guesser.terminal, options_.terms);
  add("member", guesser.member, options_.terms);
  return kept;
}

absl::Status CodeThrottle::Check(const Guesser& guesser, absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  for (const Kept& kept : KeysOf(guesser)) {
    const auto found = buckets_.find(kept.key);
    if (found == buckets_.end()) continue;
    const absl::Duration wait = found->second.WaitAt(kept.terms, now);
    if (wait <= absl::ZeroDuration()) continue;
    const int64_t seconds =
        absl::ToInt64Seconds(absl::Ceil(wait, absl::Seconds(1)));
    return Refuse(
        Reason::kRateLimited,
        absl::StrCat("too many codes that are none were tried by "
                     "this ",
                     kept.of, "; codes are looked at again in ", seconds, " s"),
        {{"retry_after_s", absl::StrCat(seconds)},
         {"of", std::string(kept.of)}});
  }
  return absl::OkStatus();
}

void CodeThrottle::Miss(const Guesser& guesser, absl::Time now) {
  const absl::MutexLock lock(&mutex_);
  for (const Kept& kept : KeysOf(guesser)) {
    if (buckets_.size() >= options_.most_remembered &&
        !buckets_.contains(kept.key)) {
      Forget(now);
    }
    buckets_[kept.key].Take(kept.terms, now);
  }
}

// Half of them at once, so that it is seldom.
void CodeThrottle::Forget(absl::Time now) {
  absl::erase_if(buckets_, [&](const auto& bucket) {
    return bucket.second.IsFullAt(now);
  });
  if (buckets_.size() < options_.most_remembered) return;
  std::vector<absl::Time> full;
  full.reserve(buckets_.size());
  for (const auto& [key, bucket] : buckets_)
    full.push_back(bucket.full());
  const auto middle = full.begin() + static_cast<ptrdiff_t>(full.size() / 2);
  std::nth_element(full.begin(), middle, full.end());
  absl::erase_if(buckets_, [&](const auto& bucket) {
    return bucket.second.full() <= *middle;
  });
}

}  // namespace pistis::server
