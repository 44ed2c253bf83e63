// The steps of a trace that are commands of LedgerService.
#ifndef PISTIS_TESTS_GOLDEN_LEDGER_STEPS_H_
#define PISTIS_TESTS_GOLDEN_LEDGER_STEPS_H_

#include "absl/status/statusor.h"

#include "engine/operations/testing.h"
#include "tests/golden/command.h"
#include "tests/golden/wording.h"

namespace pistis::golden {

// Where a step runs. `number` makes its request id unless it says one.
struct LedgerStep {
  const Command& command;
  const Place& place;
  TestShop& shop;
  int number = 0;
};

// True for "earn", "redeem", "adjust", "transfer", "hold", "capture", "release"
// and "reverse".
[[nodiscard]] bool IsLedgerStep(const Command& command);

// Runs it: what the entries did, then the account. Fails the test where a
// refusal changed anything. InvalidArgument where the step cannot be read.
absl::StatusOr<Wording> RunLedgerStep(const LedgerStep& step);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_LEDGER_STEPS_H_
