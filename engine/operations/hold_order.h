// The use case HoldOrder: what an order gets is set aside until a time.
#ifndef PISTIS_ENGINE_OPERATIONS_HOLD_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_HOLD_ORDER_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/charge_order.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// A HoldOrderRequest, shaped and bounded.
struct HoldOrderInput {
  OrderInput sale;
  ReservationId reservation;
  // Where the caller says so; whether it may be is asked when it is decided.
  std::optional<absl::Time> expire;
};

// FIELD_INVALID where a field is missing or absurd, or the order says when it
// was placed.
absl::StatusOr<HoldOrderInput> ParseHoldOrder(
    const v1::HoldOrderRequest& request, absl::Time now);

// Decides on the reservation: the order is priced as CommitOrder would now; the
// points it redeems, the uses of its codes, and what it takes of limits are the
// reservation's from then on. A known reservation_id gets its first reply and
// writes nothing, or REQUEST_ID_REUSED where the content differs. Refusals
// otherwise: ORDER_EXISTS, FIELD_INVALID (expire_time), LIMIT_REACHED (open
// holds of the account), those of LoadOrder and PriceOrder; nothing is written
// then.
absl::StatusOr<DecidedReply<v1::HoldOrderResponse>> HoldOrder(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const HoldOrderInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_HOLD_ORDER_H_
