// The steps of a trace that are about rulebooks, and their publication.
#ifndef PISTIS_TESTS_GOLDEN_RULEBOOK_STEPS_H_
#define PISTIS_TESTS_GOLDEN_RULEBOOK_STEPS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/operations/testing.h"
#include "tests/golden/command.h"
#include "tests/golden/trace.h"
#include "tests/golden/wording.h"

namespace pistis::golden {

// Publishes the text as number `number` of the trace.
absl::Status PublishText(const RulebookText& rulebook, const Place& place,
                         int number, TestShop& shop);

// True for "rulebooks" and "rollback".
[[nodiscard]] bool IsRulebookStep(const Command& command);

// Runs it: each version, the latest first, or the one that was published. Fails
// the test where a refusal changed anything. InvalidArgument where the step
// cannot be read.
absl::StatusOr<Wording> RunRulebookStep(const Command& command,
                                        const Place& place, TestShop& shop);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_RULEBOOK_STEPS_H_
