// The steps of a trace that are about what members do beside sales, and about
// their friends.
#ifndef PISTIS_TESTS_GOLDEN_ACTIVITY_STEPS_H_
#define PISTIS_TESTS_GOLDEN_ACTIVITY_STEPS_H_

#include "absl/status/statusor.h"

#include "engine/operations/testing.h"
#include "tests/golden/command.h"
#include "tests/golden/wording.h"

namespace pistis::golden {

// A referral that names a member gives that member's code; else it is one as
// typed.
void FillInReferral(v1::CreateMemberRequest& request, const TestShop& shop);

// True for "activity".
[[nodiscard]] bool IsActivityStep(const Command& command);

// Runs it. Fails the test where a refusal changed anything. InvalidArgument
// where the step cannot be read.
absl::StatusOr<Wording> RunActivityStep(const Command& command,
                                        const Place& place, TestShop& shop);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_ACTIVITY_STEPS_H_
