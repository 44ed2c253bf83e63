// The steps of a trace that are about complaints.
#ifndef PISTIS_TESTS_GOLDEN_CARE_STEPS_H_
#define PISTIS_TESTS_GOLDEN_CARE_STEPS_H_

#include <string>

#include "absl/status/statusor.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/operations/testing.h"
#include "tests/golden/command.h"
#include "tests/golden/wording.h"

namespace pistis::golden {

struct CareStep {
  const Command& command;
  const Place& place;
  TestShop& shop;
  // Codes that remedies give are added, as "CASE/remedy".
  IssuedCodes& codes;
};

// True for
//   complain CASE MEMBER CATEGORY SEVERITY [order= store= sku= words=]
//   case CASE, cases [MEMBER] [state=]
//   remedies CASE ROLE               what it may get, and why not
//   grant CASE REMEDY by= role= [request=]
//   approve CASE NUMBER by= role=, decline CASE NUMBER by= role=
//   resolve CASE by=
//   answer CASE content|not-content [words=]
//   patterns [weeks= before=]        what is complained about more than usual
[[nodiscard]] bool IsCareStep(const Command& command);

// Runs it. Fails the test where a refusal changed anything. InvalidArgument
// where the step cannot be read.
absl::StatusOr<Wording> RunCareStep(const CareStep& step);

// "remedy 1 of c1 granted: voucher, worth 5.00" of an event; nothing where it
// is of another kind.
[[nodiscard]] std::string SayCareEvent(const v1::Event& event,
                                       const Place& place);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_CARE_STEPS_H_
