// The stage of a recount that looks at what articles cost.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_COSTS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_COSTS_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Each article's statements stand in their order, each time once, with costs
// that there may be; and the program's sums say how many there are.
absl::Status VerifyCosts(Recount& recount,
                         const store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_COSTS_H_
