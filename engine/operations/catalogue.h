// What the catalogue says that an order's lines cost.
#ifndef PISTIS_ENGINE_OPERATIONS_CATALOGUE_H_
#define PISTIS_ENGINE_OPERATIONS_CATALOGUE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/cost_records.pb.h"
#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/margin/unit_cost.h"
#include "engine/order/order.h"
#include "engine/storage/store.h"

namespace pistis {

// The place of the statement that counts at `time`: the latest that is not
// after it. The number of statements where none is.
[[nodiscard]] int PlaceOfCost(const store::v1::ArticleCostsRecord& costs,
                              int64_t time_us);

// The order with what the catalogue says of the lines that state no cost, by
// the time at which it was sold; nothing where it says nothing of them. Reads
// one record for each article.
absl::StatusOr<std::optional<Order>> WithCatalogueCosts(
    const Reader& reader, const ProgramId& program, const Order& order,
    absl::Time sold);

// The order with what the catalogue said when it was committed. `record` is its
// own.
[[nodiscard]] Order WithKeptCosts(Order order,
                                  const store::v1::OrderRecord& record);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CATALOGUE_H_
