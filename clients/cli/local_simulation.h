// Simulates a sales file in this process, without a server. Apart from the
// other commands because it alone runs the engine's use cases.
#ifndef PISTIS_CLIENTS_CLI_LOCAL_SIMULATION_H_
#define PISTIS_CLIENTS_CLI_LOCAL_SIMULATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

#include "pistis/v1/simulation.pb.h"

#include "clients/cli/program_facts.h"
#include "clients/cli/sales_file.h"

namespace pistis {

// What to simulate.
struct LocalSimulation {
  // Both as YAML, of one program.
  std::string current;
  std::string candidate;
  SalesFile sales;
  // Members type the codes they get, and pay with points from so many on;
  // nothing: they do neither.
  std::optional<int64_t> redeem_from;
};

// How the program of a rulebook writes amounts and times. RULEBOOK_INVALID.
absl::StatusOr<ProgramFacts> FactsIn(const std::string& yaml);

// Runs all sales of the file, at the times it tells, through both rulebooks;
// who buys joins with the first sale. `show` is told how far it is. Keeps what
// it works on in the system's folder for temporary files, and removes it.
// RULEBOOK_INVALID, FIELD_INVALID (the candidate is of another program).
absl::StatusOr<v1::SimulationReport> SimulateLocally(
    const LocalSimulation& what,
    absl::FunctionRef<void(const v1::SimulationProgress& progress)> show);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_LOCAL_SIMULATION_H_
