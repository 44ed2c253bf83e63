// A file that says what articles cost.
#ifndef PISTIS_CLIENTS_CLI_COSTS_FILE_H_
#define PISTIS_CLIENTS_CLI_COSTS_FILE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/costs.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// One record of the file.
struct CostRow {
  v1::ArticleCost cost;
  // Where it begins, from 1.
  int64_t line = 0;
};

// Reads CSV text with the columns sku, cost and, where there is one,
// valid_from, in any order; others are not looked at. A cost is what one unit
// costs without tax ("3.4175"); valid_from is a day, a minute on the program's
// clock or RFC 3339, and empty from ever. InvalidArgument names the line that
// cannot be read, or that says the same article and time as an earlier one.
absl::StatusOr<std::vector<CostRow>> ParseCostsFile(absl::string_view csv,
                                                    const ProgramFacts& facts);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_COSTS_FILE_H_
