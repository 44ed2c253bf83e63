// The stage of a recount that looks at the windows of limits.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_LIMITS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_LIMITS_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Counts what an order used of limits, unless nothing is left of it.
void TellLimits(const store::v1::OrderRecord& order, Recount& recount);

// Claims what windows say was used.
absl::Status VerifyLimits(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_LIMITS_H_
