// The stage of a recount that goes over complaints.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_CASES_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_CASES_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every case: its state follows from what was resolved and answered, its
// remedies are decided once, and the points they gave are in the entry they
// name. Its indexes, the weeks that count it, and what is kept of its member:
// each for the tally, where another record says the same, and against itself.
absl::Status VerifyCases(Recount& recount,
                         const store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_CASES_H_
