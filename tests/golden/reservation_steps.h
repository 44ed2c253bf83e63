// The steps of a trace that are about orders that are held.
#ifndef PISTIS_TESTS_GOLDEN_RESERVATION_STEPS_H_
#define PISTIS_TESTS_GOLDEN_RESERVATION_STEPS_H_

#include "absl/status/statusor.h"

#include "engine/operations/testing.h"
#include "tests/golden/command.h"
#include "tests/golden/wording.h"

namespace pistis::golden {

// Where a step runs; `codes` gets those that a commit issues.
struct ReservationStep {
  const Command& command;
  const Place& place;
  TestShop& shop;
  IssuedCodes& codes;
};

// True for "reserve", "cancel", "reservation", and "commit reservation=R".
[[nodiscard]] bool IsReservationStep(const Command& command);

// Runs it. Fails the test where a refusal changed anything. InvalidArgument
// where the step cannot be read.
absl::StatusOr<Wording> RunReservationStep(const ReservationStep& step);

// "r1 of o1 expired" of an event; nothing where it is of another kind.
[[nodiscard]] std::string SayReservationEvent(const v1::Event& event,
                                              const Place& place);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_RESERVATION_STEPS_H_
