// Cases, remedies and patterns as text.
#ifndef PISTIS_CLIENTS_CLI_CASE_TEXT_H_
#define PISTIS_CLIENTS_CLI_CASE_TEXT_H_

#include <optional>
#include <string>

#include "pistis/v1/care_service.pb.h"

#include "clients/cli/program_facts.h"
#include "clients/cli/table.h"

namespace pistis {

// "high", as the command line takes and writes it, and back; nothing for a name
// that none has.
[[nodiscard]] std::string SeverityText(v1::Case::Severity severity);
[[nodiscard]] std::optional<v1::Case::Severity> ParseSeverity(
    const std::string& text);
// The same of states: "open".
[[nodiscard]] std::string StateText(v1::Case::State state);
[[nodiscard]] std::optional<v1::Case::State> ParseCaseState(
    const std::string& text);

// A case with all that was done.
[[nodiscard]] std::string CaseText(const v1::Case& shown,
                                   const ProgramFacts& facts);

// A table for what follows: a line for each case.
[[nodiscard]] Table CaseTable();
void AddCase(const v1::Case& shown, const ProgramFacts& facts, Table& table);

[[nodiscard]] std::string RemediesText(const v1::ListRemediesResponse& remedies,
                                       const ProgramFacts& facts);
// A remedy that was asked for or decided, with the code it gave.
[[nodiscard]] std::string GrantText(const v1::GrantRemedyResponse& reply,
                                    const ProgramFacts& facts);
[[nodiscard]] std::string PatternsText(const v1::ListPatternsResponse& reply);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_CASE_TEXT_H_
