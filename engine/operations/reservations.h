// Orders that are held: what CommitOrder and the use cases of reservations have
// in common.
#ifndef PISTIS_ENGINE_OPERATIONS_RESERVATIONS_H_
#define PISTIS_ENGINE_OPERATIONS_RESERVATIONS_H_

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/reservation_records.pb.h"
#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/charge_order.h"
#include "engine/operations/journal.h"
#include "engine/operations/queries.h"
#include "engine/storage/store.h"

namespace pistis {

// The hold of a reservation's points: an id that no caller can choose, as it
// has a space. It has no time of its own.
[[nodiscard]] HoldId HoldOf(const ReservationId& reservation);
// The reservation whose hold it is; nothing where it is a caller's.
[[nodiscard]] std::optional<ReservationId> ReservationOf(const HoldId& hold);

// The reservation, or NOT_FOUND.
absl::StatusOr<store::v1::ReservationRecord> LoadReservation(
    const Reader& reader, const ProgramId& program,
    const ReservationId& reservation);

// RESERVATION_NOT_OPEN or RESERVATION_EXPIRED where it holds nothing at `now`.
absl::Status CheckOpen(const store::v1::ReservationRecord& reservation,
                       absl::Time now);

// ORDER_EXISTS where the order is committed.
absl::Status CheckNotCommitted(const Reader& reader, const ProgramId& program,
                               const OrderId& order);

// The SHA-256 that goes with the record.
[[nodiscard]] std::string DigestOf(store::v1::ReservationRecord record);

// Writes the record, with its digest; and that of one that is open with its
// place among those that expire, of another without.
void PutReservation(const ProgramId& program, const ReservationId& reservation,
                    store::v1::ReservationRecord record, WriteSet& writes);

// The same once it is over: without what is not needed any more.
void CloseReservation(const ProgramId& program,
                      const ReservationId& reservation,
                      store::v1::ReservationRecord record, WriteSet& writes);

// As the API shows it at `now`.
[[nodiscard]] v1::Reservation ToMessage(
    const ReservationId& id, const store::v1::ReservationRecord& record,
    absl::Time now);

// A reservation on its way to be committed.
struct TakenReservation {
  // Where it is committed already: its order. All else is empty then.
  std::optional<store::v1::OrderRecord> committed;
  store::v1::ReservationRecord reservation;
  Order order;
  // By the rulebook that it was held by; the account as it is now.
  PricedSale sale;
  // The one that the account goes by.
  std::shared_ptr<const Rulebook> in_force;
};

// What the reservation's order gets: exactly what was quoted, worked out once
// more. Fills in the order's record as it was kept. NOT_FOUND (program,
// reservation), RESERVATION_NOT_OPEN, RESERVATION_EXPIRED, ORDER_EXISTS;
// RECORD_CORRUPT where it does not come to what was quoted.
absl::StatusOr<TakenReservation> TakeReservation(
    const SaleAt& at, const ReservationId& reservation,
    store::v1::OrderRecord& record);

// A query, as pistis/v1 says of it.
absl::StatusOr<v1::HeldOrder> GetReservation(
    const QueryContext& context, const v1::GetReservationRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RESERVATIONS_H_
