// A committed order worked out once more, from what it saw.
#ifndef PISTIS_ENGINE_OPERATIONS_EXPLAIN_ORDER_H_
#define PISTIS_ENGINE_OPERATIONS_EXPLAIN_ORDER_H_

#include <string>

#include "absl/status/statusor.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/checkout_service.pb.h"

#include "engine/operations/queries.h"
#include "engine/storage/store.h"

namespace pistis {

// The record of a committed order. FIELD_INVALID, NOT_FOUND (program, order).
absl::StatusOr<store::v1::OrderRecord> LoadCommitted(
    const Reader& reader, const std::string& program_id,
    const std::string& order_id);

// The quote that the order was committed with, and how it came about: the
// stored order, the member, limits and codes as it saw them, at its time, by
// the rulebook of its sale. FIELD_INVALID, NOT_FOUND; RECORD_CORRUPT where that
// does not come to the committed quote, bit for bit.
absl::StatusOr<v1::Quote> ExplainOrder(const QueryContext& context,
                                       const v1::ExplainOrderRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_EXPLAIN_ORDER_H_
