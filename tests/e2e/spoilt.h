// Good messages made bad.
#ifndef PISTIS_TESTS_E2E_SPOILT_H_
#define PISTIS_TESTS_E2E_SPOILT_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace pistis {

inline constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

// One way to spoil a message, and the reason it is refused with.
template <typename Message>
struct Spoilt {
  std::string what;
  std::function<void(Message&)> spoil;
  std::string reason = "FIELD_INVALID";
};

// For Timestamp.seconds.
inline int64_t SecondsFromNow(absl::Duration duration) {
  return absl::ToUnixSeconds(absl::Now() + duration);
}

}  // namespace pistis

#endif  // PISTIS_TESTS_E2E_SPOILT_H_
