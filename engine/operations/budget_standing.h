// Where budgets stand now, and when they will have run out.
#ifndef PISTIS_ENGINE_OPERATIONS_BUDGET_STANDING_H_
#define PISTIS_ENGINE_OPERATIONS_BUDGET_STANDING_H_

#include "absl/status/status.h"

#include "pistis/v1/margin_report.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/queries.h"

namespace pistis {

// At most so many standings are told.
inline constexpr int kMostBudgetStandings = 1000;

// Adds the standing of every budget that is not per member: that of the
// program, and of each campaign, rule, store and terminal that was ever charged
// to it, in the order of their names. None before the first rulebook. NOT_FOUND
// where there is no such program.
absl::Status AddBudgetStandings(const QueryContext& context,
                                const ProgramId& program,
                                v1::MarginReport& report);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_BUDGET_STANDING_H_
