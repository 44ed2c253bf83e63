// The examples of a rulebook, priced.
#ifndef PISTIS_ENGINE_OPERATIONS_RUN_EXAMPLES_H_
#define PISTIS_ENGINE_OPERATIONS_RUN_EXAMPLES_H_

#include <vector>

#include "absl/time/time.h"

#include "pistis/v1/rulebook_service.pb.h"

#include "engine/rulebook/rulebook.h"

namespace pistis {

// One finding, without its position, for each thing that an example of
// `message` gets otherwise than it says: what it got, and what it expected.
// `rulebook` is what `message` compiled to; examples without a time are placed
// at `start`. Reads nothing and writes nothing.
[[nodiscard]] std::vector<v1::RulebookFinding> RunExamples(
    const v1::Rulebook& message, const Rulebook& rulebook, absl::Time start);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RUN_EXAMPLES_H_
