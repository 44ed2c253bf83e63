// The stage of a recount that looks at reservations.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_RESERVATIONS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_RESERVATIONS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Tells the tally of an event of a reservation; nothing of others.
void CountReservationEvent(int64_t commit_seq, const v1::Event& event,
                           Recount& recount);

// Tells the tally of an order that was held; nothing of others.
void CountReservedOrder(absl::string_view order_id,
                        const store::v1::OrderRecord& order, Recount& recount);

// Every reservation against itself, and its place in time; and for the tally
// what each of them holds, or was held.
absl::Status VerifyReservations(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_RESERVATIONS_H_
