// Runs a trace against the operations.
#ifndef PISTIS_TESTS_GOLDEN_RUNNER_H_
#define PISTIS_TESTS_GOLDEN_RUNNER_H_

#include "absl/status/statusor.h"

#include "tests/golden/trace.h"

namespace pistis::golden {

// The trace with the outcomes it really has, on an empty memory store with a
// clock that stands between the steps. Fails the test where a refused step
// changed what is stored, or where a recount of all that is stored disagrees at
// the end. InvalidArgument names the line of a step that cannot be understood.
absl::StatusOr<Trace> RunTrace(Trace trace);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_RUNNER_H_
