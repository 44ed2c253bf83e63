// Entries, events and sums, held against the books.
#ifndef PISTIS_TESTS_CRASH_AUDIT_H_
#define PISTIS_TESTS_CRASH_AUDIT_H_

#include <cstdint>
#include <string>

#include "tests/crash/books.h"
#include "tests/crash/findings.h"

namespace pistis::crash {

// The program's ledger accounts, summed over all entries of all members.
struct LedgerSums {
  int64_t available = 0;
  int64_t issued = 0;
  int64_t redeemed = 0;
  int64_t expired = 0;
  int64_t forgiven = 0;
};

// Reads every entry of every member. Findings: postings that do not sum to
// zero, a gap in the numbers, an account that is not the sum of its postings or
// of its lots, points that no order of the books earned, spent or gave back,
// and points of the books without an entry.
LedgerSums AuditLedger(Shop& shop, const Books& books, Findings& findings);

// Reads the sums of the program. Findings: any that is not what books and
// ledger come to.
void AuditStats(Shop& shop, const Books& books, const LedgerSums& ledger,
                Findings& findings);

// The events read so far, in few bytes.
struct EventPrefix {
  int64_t count = 0;
  std::string digest;
};

// Reads every event from the first. Findings: an id twice, a step back in
// commit order, an order or refund of the books without exactly one event, an
// event without its order, and events of `before` that are not as they were.
// Returns what was read.
EventPrefix AuditEvents(Shop& shop, const Books& books,
                        const EventPrefix& before, Findings& findings);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_AUDIT_H_
