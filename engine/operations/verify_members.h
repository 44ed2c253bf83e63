// The stage of a recount that goes over members' accounts and entries.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_MEMBERS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_MEMBERS_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every account with all its entries, recounted from the first one on. Counts
// members and entries, and tells the tally what entries and accounts say of
// other tables. `totals` guesses how much there is.
absl::Status VerifyMembers(Recount& recount,
                           const store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_MEMBERS_H_
