// The ledger as the server holds it after a crash, read through the API.
#ifndef PISTIS_TESTS_CRASH_HELD_LEDGER_H_
#define PISTIS_TESTS_CRASH_HELD_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "tests/crash/books.h"
#include "tests/crash/findings.h"

namespace pistis::crash {

// An entry and whose it is.
struct HeldEntry {
  std::string member_id;
  v1::LedgerEntry entry;
};

// All entries of the members of the points test.
struct HeldLedger {
  // By member, in the order of their numbers.
  std::map<std::string, std::vector<HeldEntry>> members;
  // By what they came from: their refund_id, order_id, or reason, which is the
  // request_id or hold_id. What time posted came from nothing.
  absl::flat_hash_map<std::string, std::vector<const HeldEntry*>> by_source;

  // The member's entry of this number, or null.
  [[nodiscard]] const HeldEntry* Find(const std::string& member_id,
                                      int64_t number) const;
  // What came from this command.
  [[nodiscard]] std::vector<const HeldEntry*> Of(const std::string& id) const;
};

// Points of `account` that an entry posts.
[[nodiscard]] int64_t PostedTo(const v1::LedgerEntry& entry,
                               v1::Posting::LedgerAccount account);

// Reads every entry, account and lot. Findings: postings that do not sum to
// zero, a gap in the numbers, a step back in time or in commits, an account
// that is not the sum of its entries or of its lots, sums of the program that
// are not those of all entries.
[[nodiscard]] HeldLedger ReadLedger(Shop& shop, Findings& findings);

// Lets the server recount its ledger. Findings: all that it finds. Returns the
// last commit that it counted.
int64_t VerifyThroughApi(Shop& shop, Findings& findings);

}  // namespace pistis::crash

#endif  // PISTIS_TESTS_CRASH_HELD_LEDGER_H_
