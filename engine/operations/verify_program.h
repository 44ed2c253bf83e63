// The stages of a recount that go over the program itself.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_PROGRAM_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_PROGRAM_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// The program's record and its rulebooks: versions without gaps up to the
// current one, each of them this program's and one that compiles.
absl::Status VerifyProgram(Recount& recount,
                           const store::v1::TotalsRecord& totals);

// Tells the tally what the program's sums claim.
void ClaimTotals(Recount& recount, const store::v1::TotalsRecord& totals);

// Keys in no table, and keys of programs that do not exist: of the whole store,
// by looking only where there should be none.
absl::Status VerifyKeys(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_PROGRAM_H_
