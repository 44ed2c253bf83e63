// Who may have codes looked up: those who tried too many that are none wait.
#ifndef PISTIS_SERVER_CODE_THROTTLE_H_
#define PISTIS_SERVER_CODE_THROTTLE_H_

#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#include "pistis/v1/order.pb.h"

#include "engine/codes/guess_bucket.h"

namespace pistis::server {

struct CodeThrottleOptions {
  // Of a terminal, and of a member.
  GuessTerms terms;
  // A caller stands for many of them: so many times as much.
  int64_t caller_factor = 10;
  // More are not remembered: those are forgotten that guessed least.
  size_t most_remembered = 100'000;
};

// Whom guesses are held against, in one program. Empty: nobody.
struct Guesser {
  std::string program;
  // Where the call came from, without its port.
  std::string caller;
  // Whose key or certificate it showed.
  std::string key = {};
  std::string terminal;
  // The member's id, or what it is looked up by.
  std::string member;
};
// `address` without a port: "ipv4:10.0.0.7".
[[nodiscard]] Guesser GuesserOf(const std::string& program,
                                const std::string& address,
                                const v1::Order& order);

// In memory: a start forgets. Any number of threads.
class CodeThrottle {
 public:
  explicit CodeThrottle(const CodeThrottleOptions& options)
      : options_(options) {}
  CodeThrottle(const CodeThrottle&) = delete;
  CodeThrottle& operator=(const CodeThrottle&) = delete;

  // OK, or RATE_LIMITED with the seconds to wait (`retry_after_s`), rounded up,
  // and of whom (`of`: "caller", "key", "terminal" or "member"). `now` never
  // runs back by much.
  [[nodiscard]] absl::Status Check(const Guesser& guesser, absl::Time now)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // The guesser tried a code that is none.
  void Miss(const Guesser& guesser, absl::Time now) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Kept {
    // A digest, so that a long name takes no more memory than a short one.
    std::string key;
    const char* of;
    GuessTerms terms;
  };

  // Those of a guesser.
  [[nodiscard]] std::vector<Kept> KeysOf(const Guesser& guesser) const;
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CodeThrottleOptions options_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, GuessBucket> buckets_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CODE_THROTTLE_H_
