// The stages of a recount that go over what finds other records.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_INDEXES_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_INDEXES_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Profiles, identifiers, the due-queue, expired lots, reversals and remembered
// requests: each for the tally, where another table says the same, and against
// itself. `totals` guesses how many members there are.
absl::Status VerifyIndexes(Recount& recount,
                           const store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_INDEXES_H_
