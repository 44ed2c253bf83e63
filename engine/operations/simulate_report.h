// What two worlds came to, as the API tells it.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATE_REPORT_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATE_REPORT_H_

#include "absl/status/statusor.h"

#include "pistis/v1/simulation.pb.h"

#include "engine/insight/member_changes.h"
#include "engine/operations/simulate_world.h"

namespace pistis {

// The sums of both worlds, closed out, and all that is told by id, in
// alphabetical order; the period, the versions, the history and the members are
// left out.
absl::StatusOr<v1::SimulationReport> CompareWorlds(
    const SimulatedWorld& current, const SimulatedWorld& candidate);

// Adds who gains and who loses.
void AddChanges(const MemberChanges& changes, v1::SimulationReport& report);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATE_REPORT_H_
