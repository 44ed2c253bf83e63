// What an order would get, worked out on a snapshot.
#ifndef PISTIS_ENGINE_OPERATIONS_QUOTE_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_QUOTE_ORDER_H_

#include "absl/status/statusor.h"

#include "engine/base/ids.h"
#include "engine/operations/load_order.h"
#include "engine/operations/price_order.h"
#include "engine/operations/queries.h"
#include "engine/order/order.h"
#include "engine/rules/trace.h"

namespace pistis {

// Prices an order as it would be priced now. `trace` is told how it came about,
// where it is not null. Refusals: those of PriceOrder.
absl::StatusOr<PricedOrder> PriceLoaded(const QueryContext& context,
                                        const ProgramId& program,
                                        const Order& order,
                                        const LoadedOrder& loaded,
                                        Trace* trace);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_QUOTE_ORDER_H_
