// How an account says no.
#ifndef PISTIS_ENGINE_LEDGER_REFUSALS_H_
#define PISTIS_ENGINE_LEDGER_REFUSALS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/ledger/account.h"
#include "engine/ledger/entry.h"

namespace pistis {

// INSUFFICIENT_POINTS: `owner` ("the hold has") only `there` of the `requested`
// points.
[[nodiscard]] absl::Status RefuseInsufficient(absl::string_view owner,
                                              Points there, Points requested);

// LIMIT_REACHED: there are `most` of what `limit` names.
[[nodiscard]] absl::Status RefuseLimit(absl::string_view limit, size_t most);

// HOLD_NOT_OPEN.
[[nodiscard]] absl::Status RefuseHold(const HoldId& id);

// ENTRY_NOT_REVERSIBLE, with what undoes an entry of this kind.
[[nodiscard]] absl::Status RefuseReversal(EntryKind kind);

// POINTS_OVERFLOW where an account with `points` more would have more than
// kMaxBalance, available, pending and held; OK otherwise.
[[nodiscard]] absl::Status CheckBalance(const Account& account, Points points);

// POINTS_OVERFLOW where taking `points` would leave more than kMaxBalance owed.
[[nodiscard]] absl::Status CheckDebt(const AccountState& state, Points points);

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_REFUSALS_H_
