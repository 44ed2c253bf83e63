// What a stored order and its refunds are to a margin report.
#ifndef PISTIS_ENGINE_OPERATIONS_MARGIN_FACTS_H_
#define PISTIS_ENGINE_OPERATIONS_MARGIN_FACTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "pistis/store/v1/margin_records.pb.h"
#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/insight/margin_sums.h"
#include "engine/insight/order_sums.h"
#include "engine/operations/env.h"
#include "engine/order/refund.h"
#include "engine/storage/store.h"

namespace pistis {

// Where an order is read: the rulebook of its sale and the templates of its
// codes are looked up there.
struct MarginReader {
  const OperationEnv& env;
  const Reader& reader;
  const ProgramId& program;
  absl::TimeZone zone;
};

// An order as it was sold.
struct MarginFacts {
  SummedOrder order;
  // Its lines, of which nothing has come back.
  std::vector<SoldLine> lines;
  // When it was sold, in the program's zone.
  absl::CivilDay day;
  // How often each cap bound, once, and what it cut off.
  RowSums caps;
};

// RECORD_CORRUPT where the order cannot be read, or a code or rulebook of it is
// not there.
absl::StatusOr<MarginFacts> FactsOf(const MarginReader& from,
                                    const store::v1::OrderRecord& record);

// What has come back of an order as far as sums count it.
struct CountedReturns {
  std::vector<SoldLine> lines;
  Points clawed_back;

  [[nodiscard]] OrderLeft Left() const {
    return {.lines = lines, .clawed_back = clawed_back};
  }
};
// `record` may be null: nothing. No more came back than was sold.
[[nodiscard]] CountedReturns ReturnsOf(
    const MarginFacts& facts, const store::v1::MarginReturnsRecord* record);
[[nodiscard]] store::v1::MarginReturnsRecord ToRecord(
    const CountedReturns& returns);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MARGIN_FACTS_H_
