// Commands of the journal, held against the ledger.
#ifndef PISTIS_TESTS_CRASH_EFFECTS_H_
#define PISTIS_TESTS_CRASH_EFFECTS_H_

#include <cstdint>

#include "tests/crash/books.h"
#include "tests/crash/commands.h"
#include "tests/crash/findings.h"
#include "tests/crash/held_ledger.h"

namespace pistis::crash {

// Holds every command against the entries that came from it; `journal` is all
// that was ever sent. Findings: a granted one without its entries, with others
// than its reply says or with more; a refused one with any; an unanswered one
// with a part of them; an entry that comes from none of them; two granted ones
// with one commit.
void CheckEffects(const CommandJournal& journal, const HeldLedger& held,
                  Findings& findings);

// Asks for the hold or the order of each command of the journal that has one.
// Findings: a hold that is not what its entries say, an order that is not as
// acknowledged or that is there though it was refused.
void CheckRecords(Shop& shop, const CommandJournal& journal,
                  const HeldLedger& held, Findings& findings);

// How many commands of each kind a journal has.
struct JournalCount {
  int64_t granted = 0;
  int64_t refused = 0;
  // Not answered, with and without entries.
  int64_t there = 0;
  int64_t not_there = 0;
};
[[nodiscard]] JournalCount CountOf(const CommandJournal& journal,
                                   const HeldLedger& held);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_EFFECTS_H_
