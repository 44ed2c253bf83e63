// The stage of a recount that goes over the sums of margin reports.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_MARGINS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_MARGINS_H_

#include <string>

#include "absl/status/status.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// The rows of all days, those of commits that are not folded yet added, sum to
// what is left of all orders, kind of rows by kind; the stores and tiers of a
// day sum to the day, which has as many rows as it says; of each order as much
// has come back as the sums have counted. Which day, category or rule a figure
// belongs to is not recounted, nor the refunds of a category or rule. Takes
// memory for the rows that are not folded yet.
absl::Status VerifyMargins(Recount& recount, const std::string& secret);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_MARGINS_H_
