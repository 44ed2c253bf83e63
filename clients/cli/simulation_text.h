// What a simulation found, side by side.
#ifndef PISTIS_CLIENTS_CLI_SIMULATION_TEXT_H_
#define PISTIS_CLIENTS_CLI_SIMULATION_TEXT_H_

#include <string>

#include "pistis/v1/simulation.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// Tables for people: sums, rules, tiers and segments, what bound, members,
// what was refused; those with nothing to tell are left out.
[[nodiscard]] std::string SimulationText(const v1::SimulationReport& report,
                                         const ProgramFacts& facts);

// The same as CSV with a line of titles: section, id, what, current, candidate,
// difference. Amounts in minor units, shares in per cent, times in UTC.
[[nodiscard]] std::string SimulationCsv(const v1::SimulationReport& report);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_SIMULATION_TEXT_H_
