// Ledger entries, lots and holds as text.
#ifndef PISTIS_CLIENTS_CLI_LEDGER_TEXT_H_
#define PISTIS_CLIENTS_CLI_LEDGER_TEXT_H_

#include <optional>
#include <string>

#include "pistis/v1/ledger_entry.pb.h"
#include "pistis/v1/ledger_service.pb.h"

#include "clients/cli/program_facts.h"
#include "clients/cli/table.h"

namespace pistis {

// A table for what follows: a member's entries, with the points that each moved
// where.
[[nodiscard]] Table EntryTable();
void AddEntry(const v1::LedgerEntry& entry, const ProgramFacts& facts,
              Table& table);

// "claw_back", as tables have it and --kind takes it; nothing for a name that
// no kind has.
[[nodiscard]] std::string KindText(v1::LedgerEntry::Kind kind);
[[nodiscard]] std::optional<v1::LedgerEntry::Kind> ParseKind(
    const std::string& text);

// A member's points by where they are and when they expire, open holds, and
// points owed.
[[nodiscard]] std::string LotsText(const v1::ListLotsResponse& lots,
                                   const ProgramFacts& facts);

// A hold and what has become of it.
[[nodiscard]] std::string HoldText(const v1::Hold& hold,
                                   const ProgramFacts& facts);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_LEDGER_TEXT_H_
