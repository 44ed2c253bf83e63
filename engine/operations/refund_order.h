// The use case RefundOrder: a sale is taken back, whole or in part.
#ifndef PISTIS_ENGINE_OPERATIONS_REFUND_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_REFUND_ORDER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/checkout_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/order/refund.h"
#include "engine/storage/store.h"

namespace pistis {

// A RefundOrderRequest, shaped and bounded.
struct RefundOrderInput {
  ProgramId program;
  OrderId order;
  RefundId refund;
  // None: all that is left.
  std::vector<ReturnedPart> parts;
  // Nothing: now.
  std::optional<absl::Time> placed;
  std::string fingerprint;
};

// FIELD_INVALID where a field is missing or absurd.
absl::StatusOr<RefundOrderInput> ParseRefundOrder(
    const v1::RefundOrderRequest& request, absl::Time now);

// Decides on the refund. A known refund_id gets its first reply and writes
// nothing, or REQUEST_ID_REUSED where the content differs. The sale's own
// rulebook applies. Refusals: NOT_FOUND (program, order), FIELD_INVALID,
// REFUND_EXCEEDS_ORDER; nothing is written then.
absl::StatusOr<DecidedReply<v1::RefundOrderResponse>> RefundOrder(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RefundOrderInput& input);

// Tier points of an order that go with what was returned of it, `subtotal`
// being the whole: in proportion, rounded half up.
[[nodiscard]] int64_t TierPointsReturned(int64_t tier_points,
                                         const ReturnedSums& returned,
                                         Money subtotal);

// A stored order's lines as refunds see them.
[[nodiscard]] std::vector<SoldLine> SoldLinesOf(
    const store::v1::OrderRecord& record);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_REFUND_ORDER_H_
