// The stage of a recount that looks at the windows of limits and budgets.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_LIMITS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_LIMITS_H_

#include "absl/status/status.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/budget_uses.h"
#include "engine/operations/limit_uses.h"
#include "engine/operations/verify_recount.h"

namespace pistis {

// Which uses of limits count: all, or what does not come back.
enum class Uses { kAll, kKept };

// Counts what was used of limits.
void TellLimits(const LimitUseRecords& used, Uses which, Recount& recount);

// The same of budgets, less what was given back.
void TellBudgets(const BudgetUseRecords& used, Recount& recount);

// Claims what windows say was used, and looks whether the sums that are kept of
// many days are those of the days.
absl::Status VerifyLimits(Recount& recount);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_LIMITS_H_
