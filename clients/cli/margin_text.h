// A margin report, for people and for spreadsheets.
#ifndef PISTIS_CLIENTS_CLI_MARGIN_TEXT_H_
#define PISTIS_CLIENTS_CLI_MARGIN_TEXT_H_

#include <string>

#include "pistis/v1/margin_report.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// The sums, a chart of margin and discounts over the days, a table for each
// kind of rows, caps and budgets; those with nothing to tell are left out. At
// most 100 columns wide where ids are short; the chart has at most 31 lines,
// each of as many days as that takes.
[[nodiscard]] std::string MarginText(const v1::MarginReport& report,
                                     const ProgramFacts& facts);

// One line for each row, cap and budget behind a line of titles: section, id,
// the sums by their names in the API, and what caps and budgets have besides.
// What a line does not have, or nobody knows, is empty. Amounts in minor units.
[[nodiscard]] std::string MarginCsv(const v1::MarginReport& report);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_MARGIN_TEXT_H_
