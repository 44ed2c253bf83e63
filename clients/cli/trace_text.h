// How a quote came about, for a merchant to read.
#ifndef PISTIS_CLIENTS_CLI_TRACE_TEXT_H_
#define PISTIS_CLIENTS_CLI_TRACE_TEXT_H_

#include <string>
#include <vector>

#include "pistis/v1/order.pb.h"

#include "clients/cli/program_facts.h"

namespace pistis {

// A line for each step: "welcome: 5.00 of 10.00 off on l1; cap ...",
// "returning: no, member.orders >= 3 is false (member.orders is 1)".
[[nodiscard]] std::vector<std::string> TraceLines(const v1::Trace& trace,
                                                  const ProgramFacts& facts);

// The same as one text.
[[nodiscard]] std::string TraceText(const v1::Trace& trace,
                                    const ProgramFacts& facts);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_TRACE_TEXT_H_
