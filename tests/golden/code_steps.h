// The steps of a trace that are about codes beside sales.
#ifndef PISTIS_TESTS_GOLDEN_CODE_STEPS_H_
#define PISTIS_TESTS_GOLDEN_CODE_STEPS_H_

#include <string>

#include "absl/status/statusor.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/operations/testing.h"
#include "tests/golden/command.h"
#include "tests/golden/wording.h"

namespace pistis::golden {

struct CodeStep {
  const Command& command;
  const Place& place;
  TestShop& shop;
  // Those that are issued are added, as "REQUEST/template".
  IssuedCodes& codes;
};

// True for
//   issue REQUEST TEMPLATE [MEMBER] [expires=TIME]
//   bulk REQUEST TEMPLATE COUNT      all of them; one is known as "REQUEST/N"
//   void REQUEST CODE REASON
//   code CODE                        what became of it
//   codes template=T|member=M        in pages of two
//   check CODE WHO [LINES]           what it gives to an order
// CODE is as in an order.
[[nodiscard]] bool IsCodeStep(const Command& command);

// Runs it. Fails the test where a refusal changed anything. InvalidArgument
// where the step cannot be read.
absl::StatusOr<Wording> RunCodeStep(const CodeStep& step);

// "5 codes flyer issued" of an event; nothing where it is of another kind.
[[nodiscard]] std::string SayCodeEvent(const v1::Event& event);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_CODE_STEPS_H_
