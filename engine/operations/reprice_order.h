// An order worked out once more, from what it saw when it was priced.
#ifndef PISTIS_ENGINE_OPERATIONS_REPRICE_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_REPRICE_ORDER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/env.h"
#include "engine/operations/load_order.h"
#include "engine/operations/price_order.h"
#include "engine/order/order.h"
#include "engine/rules/trace.h"
#include "engine/storage/store.h"

namespace pistis {

// The record of an order that is committed or held, and where its codes are.
struct StoredSale {
  const OperationEnv& env;
  const Reader& reader;
  const ProgramId& program;
  const store::v1::OrderRecord& record;
};

// The order, and what it gets.
struct RepricedOrder {
  Order order;
  // That of its sale.
  std::shared_ptr<const Rulebook> rulebook;
  // The member and the codes as it saw them.
  MemberFacts member;
  std::vector<LoadedCode> codes;
  PricedOrder priced;
};

// The codes that it typed, by the rulebook of its sale. Whether they could be
// used was decided then.
absl::StatusOr<std::vector<LoadedCode>> FindCodes(
    const StoredSale& sale, const Order& order,
    const std::shared_ptr<const Rulebook>& of_sale);

// When an order was priced: when it was sold, or when it was held.
[[nodiscard]] absl::Time PricedAt(const Order& order,
                                  const store::v1::OrderRecord& record);

// Prices the order with the member, limits and codes as it saw them, at its
// time, by the rulebook of its sale. `trace` is told how it came about, where
// it is not null. RECORD_CORRUPT where that cannot be done.
absl::StatusOr<RepricedOrder> RepriceOrder(const StoredSale& kept,
                                           Trace* trace);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_REPRICE_ORDER_H_
