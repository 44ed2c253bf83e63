// The points that an order has lost by what came back of it.
#ifndef PISTIS_ENGINE_OPERATIONS_POINTS_LOST_H_
#define PISTIS_ENGINE_OPERATIONS_POINTS_LOST_H_

#include <vector>

#include "absl/status/statusor.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/amount.h"
#include "engine/order/refund.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// Of the points that the order of `record` earned, as `of_sale`, its sale's
// rulebook, says: in proportion to what came back, or all but what the kept
// lines would have earned alone; in proportion, too, where to work that out
// takes too long. Negative where a rule rewards small orders. RECORD_CORRUPT.
absl::StatusOr<Points> PointsLost(const Rulebook& of_sale,
                                  const store::v1::OrderRecord& record,
                                  const std::vector<SoldLine>& lines);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_POINTS_LOST_H_
