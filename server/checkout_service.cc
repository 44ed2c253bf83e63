#include "server/checkout_service.h"

#include "engine/operations/commit_order.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/hold_order.h"
#include "engine/operations/queries.h"
#include "engine/operations/refund_order.h"
#include "engine/operations/reservations.h"
#include "server/guarded_codes.h"

namespace pistis::server {

CheckoutService::CheckoutService(const EngineRoom& room, CodeThrottle& throttle)
    : MethodTable(room) {
  Serve("QuoteOrder", GuardedReads(room, throttle, &pistis::QuoteOrder));
  Serve("HoldOrder",
        GuardedWrites(room, throttle, &ParseHoldOrder, &pistis::HoldOrder));
  Serve("CommitOrder",
        GuardedWrites(room, throttle, &ParseCommitOrder, &pistis::CommitOrder));
  Serve("CancelReservation",
        Writes(room, &ParseCancelReservation, &pistis::CancelReservation));
  Serve("GetReservation", Reads(room, &pistis::GetReservation));
  Serve("RefundOrder", Writes(room, &ParseRefundOrder, &pistis::RefundOrder));
  Serve("GetOrder", Reads(room, &pistis::GetOrder));
  Serve("ExplainOrder", Reads(room, &pistis::ExplainOrder));
}

}  // namespace pistis::server
