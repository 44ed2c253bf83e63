// Rulebooks, their versions, findings and differences as text.
#ifndef PISTIS_CLIENTS_CLI_RULEBOOK_TEXT_H_
#define PISTIS_CLIENTS_CLI_RULEBOOK_TEXT_H_

#include <string>

#include "pistis/v1/rulebook_service.pb.h"

#include "clients/cli/program_facts.h"
#include "clients/cli/table.h"

namespace pistis {

// "version 3 is current, 12 rules, 1 code, 2 notes, 0 examples", or "version 3
// starts 2026-03-01 00:00, ...".
[[nodiscard]] std::string PublishedText(const v1::PublishedRulebook& published,
                                        const ProgramFacts& facts);

// One line for each finding, "warning: line 4, column 5: rules[0].discount:
// ...", then a line that sums up.
[[nodiscard]] std::string ReportText(
    const v1::ValidateRulebookResponse& report);

// A table of versions.
[[nodiscard]] Table VersionTable();
void AddVersion(const v1::PublishedRulebook& version, const ProgramFacts& facts,
                Table& table);

// One line for each change, or "no difference".
[[nodiscard]] std::string DiffText(const v1::DiffRulebooksResponse& diff);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_RULEBOOK_TEXT_H_
