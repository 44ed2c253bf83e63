// Accounts and entries to and from their records and API messages.
#ifndef PISTIS_ENGINE_OPERATIONS_LEDGER_RECORDS_H_
#define PISTIS_ENGINE_OPERATIONS_LEDGER_RECORDS_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/ledger_entry.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/order.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/account.h"
#include "engine/operations/member_ledger.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// Expiries in records: InfiniteFuture is 0.
[[nodiscard]] absl::Time ExpiryOf(int64_t expire_us);
[[nodiscard]] int64_t ExpiryMicros(absl::Time expire);

[[nodiscard]] Lot ToLot(const store::v1::LotRecord& record);
[[nodiscard]] store::v1::LotRecord ToRecord(const Lot& lot);

[[nodiscard]] AccountState ToState(const store::v1::AccountRecord& record);
// Fills in what AccountState knows of a record that is empty; the rest is the
// caller's.
void FillRecord(const AccountState& state, store::v1::AccountRecord& record);

// `record` must be empty.
void FillRecord(const LedgerEntry& entry, const EntrySource& source,
                int64_t commit_seq, store::v1::EntryRecord& record);
// A stored entry as the ledger sees it. `number` is from its key.
[[nodiscard]] LedgerEntry ToEntry(const store::v1::EntryRecord& record,
                                  int64_t number);

// The account as the API shows it; `rulebook` may be null (no worth then).
[[nodiscard]] v1::Account ToMessage(const MemberId& member,
                                    const Account& account,
                                    const Rulebook* rulebook);
// A stored entry as the API shows it. `number` is from its key.
[[nodiscard]] v1::LedgerEntry ToMessage(const store::v1::EntryRecord& record,
                                        int64_t number);
[[nodiscard]] v1::LedgerEntry::Kind KindOf(EntryKind kind);

// Adds an entry's legs to a program's sums.
void AddToTotals(const LedgerEntry& entry, store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_LEDGER_RECORDS_H_
