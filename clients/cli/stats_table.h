// A program's sums, for people and for programs.
#ifndef PISTIS_CLIENTS_CLI_STATS_TABLE_H_
#define PISTIS_CLIENTS_CLI_STATS_TABLE_H_

#include <cstdint>
#include <string>

#include "pistis/v1/insight_service.pb.h"

#include "clients/cli/json_object.h"
#include "clients/cli/program_facts.h"
#include "clients/cli/table.h"

namespace pistis {

// `part` of `whole` in per cent with two decimals, rounded half up: "4.93";
// "0.00" where there is no whole.
[[nodiscard]] std::string PercentText(int64_t part, int64_t whole);

// A table of two columns for what follows: what, and how much.
[[nodiscard]] Table SumsTable();

// Adds a row for each sum. Sales and discounts are after returns.
void AddStats(const v1::ProgramStats& stats, const ProgramFacts& facts,
              Table& table);

// Adds each sum under the name it has in the API, net_sales_minor, and the two
// shares as texts in per cent.
void AddStats(const v1::ProgramStats& stats, JsonObject& object);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_STATS_TABLE_H_
