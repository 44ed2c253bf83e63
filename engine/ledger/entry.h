// One immutable fact of the ledger.
#ifndef PISTIS_ENGINE_LEDGER_ENTRY_H_
#define PISTIS_ENGINE_LEDGER_ENTRY_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/ledger/lot.h"

namespace pistis {

enum class LedgerAccount {
  kMemberAvailable,
  kMemberPending,
  kMemberHeld,
  // The available points of the other member of a transfer, whose own entry
  // posts them: over all entries these legs cancel out.
  kCounterparty,
  kProgramIssued,
  kProgramRedeemed,
  kProgramExpired,
  kProgramAdjusted,
  kProgramForgiven,
};

// One leg of an entry.
struct Posting {
  LedgerAccount account = LedgerAccount::kMemberAvailable;
  Points points;
};

enum class EntryKind {
  // issued -> available, or -> pending
  kEarn,
  // available -> redeemed
  kRedeem,
  // available or pending -> issued; forgiven bears what is missing
  kClawBack,
  // redeemed -> available
  kRestore,
  // available -> expired
  kExpire,
  // pending -> available
  kRelease,
  // available -> held
  kHold,
  // held -> redeemed
  kCapture,
  // held -> available: released, not captured, or its time was over
  kHoldRelease,
  // adjusted -> available, or the other way
  kAdjust,
  // available -> counterparty
  kTransferOut,
  // counterparty -> available
  kTransferIn,
  // the opposite of an earlier entry
  kReverse,
};

// Where the points of a lot are that an entry changes.
enum class LotPlace { kAvailable, kPending, kHeld };

// A signed change of one lot.
struct LotChange {
  Lot lot;
  LotPlace place = LotPlace::kAvailable;
  // When a pending lot becomes available; for kPending alone.
  absl::Time release = absl::InfinitePast();
};

// One immutable fact. Its postings sum to zero.
struct LedgerEntry {
  // From 1, without gaps, for each member.
  int64_t number = 0;
  EntryKind kind = EntryKind::kEarn;
  absl::Time effective;
  // Legs of no points are left out.
  std::vector<Posting> postings;
  // What became of the lots, in the order it was done; an expiry that was put
  // off takes a lot's points out and puts them in again. Over a member's
  // entries, the changes in a place sum to the lots that are there.
  std::vector<LotChange> lots;
  // Available points owed after it less those owed before: what is no lot.
  Points deficit_change;
  Points available_after;
  // Of kHold, kCapture and kHoldRelease: which hold.
  HoldId hold;
  // Of kHoldRelease: true where its time was over.
  bool hold_expired = false;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_ENTRY_H_
