// Reservations that come to nothing: cancelled, or over.
#ifndef PISTIS_ENGINE_OPERATIONS_END_RESERVATION_H_
#define PISTIS_ENGINE_OPERATIONS_END_RESERVATION_H_

#include <cstddef>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/charge_order.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/keys.h"
#include "engine/storage/store.h"

namespace pistis {

// A CancelReservationRequest, shaped.
struct CancelReservationInput {
  ProgramId program;
  ReservationId reservation;
};

absl::StatusOr<CancelReservationInput> ParseCancelReservation(
    const v1::CancelReservationRequest& request, absl::Time now);

// Gives back all that the reservation has set aside. Cancelled before: the
// first reply again, with nothing to write. Refusals as pistis/v1 says.
absl::StatusOr<DecidedReply<v1::CancelReservationResponse>> CancelReservation(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CancelReservationInput& input);

// Reservations whose time was over from `from` to `to`, both included, soonest
// first, at most `most`.
struct ExpiredBetween {
  absl::Time from;
  absl::Time to;
  size_t most = 0;
};
absl::StatusOr<std::vector<DueReservation>> FindExpiredReservations(
    const Reader& reader, const ProgramId& program,
    const ExpiredBetween& expired);

// Gives back what each of them has set aside, as of the time at which it
// expired. One that cannot be read keeps its place, and nobody else's waits for
// it. Returns how many were given back. `rulebook` is the one in force; null
// before the first.
absl::StatusOr<size_t> ExpireReservations(
    const SaleAt& at, const std::vector<DueReservation>& expired,
    const Rulebook* rulebook, Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_END_RESERVATION_H_
