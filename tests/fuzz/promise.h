// What a fuzz target holds its input to.
#ifndef PISTIS_TESTS_FUZZ_PROMISE_H_
#define PISTIS_TESTS_FUZZ_PROMISE_H_

#include <cstdio>
#include <cstdlib>
#include <string>

namespace pistis {

// Ends the process where a promise does not hold, so that who runs the target
// keeps the input. `what` is shown.
inline void Require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "a promise is broken: %s\n", what.c_str());
  std::abort();
}

}  // namespace pistis

#endif  // PISTIS_TESTS_FUZZ_PROMISE_H_
