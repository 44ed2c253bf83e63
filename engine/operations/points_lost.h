// The points that an order has lost by what came back of it.
#ifndef PISTIS_ENGINE_OPERATIONS_POINTS_LOST_H_
#define PISTIS_ENGINE_OPERATIONS_POINTS_LOST_H_

#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/amount.h"
#include "engine/operations/reprice_order.h"
#include "engine/order/refund.h"

namespace pistis {

// Of the points that the order earned, as its sale's rulebook says: in
// proportion to what came back, or all but what the kept lines would have
// earned alone; in proportion, too, where to work that out takes too long.
// Negative where a rule rewards small orders. RECORD_CORRUPT.
absl::StatusOr<Points> PointsLost(const StoredSale& sale,
                                  const std::vector<SoldLine>& lines);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_POINTS_LOST_H_
