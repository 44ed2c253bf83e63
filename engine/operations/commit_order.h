// The use case CommitOrder: a sale takes effect.
#ifndef PISTIS_ENGINE_OPERATIONS_COMMIT_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_COMMIT_ORDER_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/charge_order.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// A CommitOrderRequest, shaped and bounded: an order, or a reservation and then
// no order.
struct CommitOrderInput {
  OrderInput sale;
  ReservationId reservation;
};

// FIELD_INVALID where a field is missing or absurd.
absl::StatusOr<CommitOrderInput> ParseCommitOrder(
    const v1::CommitOrderRequest& request, absl::Time now);

// Decides on the commit. A known order_id gets its first reply and writes
// nothing, or REQUEST_ID_REUSED where the content differs; so does a
// reservation that is committed. Refusals otherwise: those of LoadOrder and
// PriceOrder, or of TakeReservation; nothing is written then.
absl::StatusOr<DecidedReply<v1::CommitOrderResponse>> CommitOrder(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CommitOrderInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_COMMIT_ORDER_H_
