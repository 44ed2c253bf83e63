// How many codes that are none somebody may try. Pure.
#ifndef PISTIS_ENGINE_CODES_GUESS_BUCKET_H_
#define PISTIS_ENGINE_CODES_GUESS_BUCKET_H_

#include <cstdint>

#include "absl/time/time.h"

namespace pistis {

struct GuessTerms {
  // So many at once; at least 1.
  int64_t at_once = 10;
  // And one more after each such pause; above zero.
  absl::Duration pause = absl::Minutes(1);
};

// What one of those who may guess has left. Value type; the same terms and
// times that never run back are given to each call.
class GuessBucket {
 public:
  // Zero where another try is allowed, else how long that takes.
  [[nodiscard]] absl::Duration WaitAt(const GuessTerms& terms,
                                      absl::Time now) const;
  // A code was none. More than are allowed make the wait no longer.
  void Take(const GuessTerms& terms, absl::Time now);
  // True where it is as if nobody ever guessed.
  [[nodiscard]] bool IsFullAt(absl::Time now) const { return full_ <= now; }
  // When that is so again.
  [[nodiscard]] absl::Time full() const { return full_; }

 private:
  absl::Time full_ = absl::InfinitePast();
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_CODES_GUESS_BUCKET_H_
