// The use case SimulateRulebook: a candidate tried on past sales.
#ifndef PISTIS_ENGINE_OPERATIONS_SIMULATE_RULEBOOK_H_
#define PISTIS_ENGINE_OPERATIONS_SIMULATE_RULEBOOK_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/simulation.pb.h"

#include "engine/operations/queries.h"
#include "engine/operations/simulate_history.h"
#include "engine/operations/simulation.h"

namespace pistis {

// Orders and refunds that one simulation takes.
inline constexpr int64_t kMostSimulatedSales = 2'000'000;

// A request, shaped, with its rulebooks found and compiled.
struct SimulationPlan {
  SimulationTerms terms;
  Period period;
  SimulatedRulebooks rulebooks;
  int64_t current_version = 0;
  // 0: no version yet.
  int64_t candidate_version = 0;
  // The program's time: a period ends there at the latest.
  absl::Time now;
};

// May take long. Refusals: FIELD_INVALID, RULEBOOK_INVALID, NOT_FOUND (program,
// rulebook).
absl::StatusOr<SimulationPlan> PlanSimulation(
    const QueryContext& context, const v1::SimulateRulebookRequest& request);

// A rulebook as YAML; its examples are not run. RULEBOOK_INVALID.
absl::StatusOr<SimulatedRulebook> ReadSimulatedRulebook(absl::string_view yaml);

// Runs what `context.reader` holds of the period through both rulebooks, in
// memory that does not grow with it. Changes nothing but the scratch stores.
// Calls `watch` several times a second. LIMIT_REACHED where the period holds
// more than kMostSimulatedSales; RECORD_CORRUPT; kCancelled where `watch` says
// so.
absl::StatusOr<v1::SimulationReport> RunSimulation(const QueryContext& context,
                                                   SimulationPlan plan,
                                                   const ScratchStores& stores,
                                                   SimulationWatch watch);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIMULATE_RULEBOOK_H_
