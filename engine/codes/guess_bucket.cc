#include "engine/codes/guess_bucket.h"

#include <algorithm>

namespace pistis {

absl::Duration GuessBucket::WaitAt(const GuessTerms& terms,
                                   absl::Time now) const {
  const absl::Time allowed = full_ - terms.pause * (terms.at_once - 1);
  return std::max(allowed - now, absl::ZeroDuration());
}

void GuessBucket::Take(const GuessTerms& terms, absl::Time now) {
  full_ = std::min(std::max(full_, now) + terms.pause,
                   now + terms.pause * terms.at_once);
}

}  // namespace pistis
