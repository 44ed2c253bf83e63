// What time does to an account.
#include <algorithm>
#include <utility>

#include "engine/ledger/account.h"
#include "engine/ledger/entry_draft.h"

namespace pistis {
namespace {

LedgerEntry Release(AccountState& state, absl::Time at) {
  EntryDraft draft(state, EntryKind::kRelease, at);
  const PendingLot due = state.pending.front();
  draft.TakeFromPending(due, due.lot.points);
  draft.Give(due.lot);
  return std::move(draft).Finish(
      {{LedgerAccount::kMemberPending, -due.lot.points},
       {LedgerAccount::kMemberAvailable, due.lot.points}});
}

LedgerEntry Expire(AccountState& state, absl::Time at) {
  EntryDraft draft(state, EntryKind::kExpire, at);
  const Points expired = draft.Take(state.lots.front().points);
  return std::move(draft).Finish({{LedgerAccount::kMemberAvailable, -expired},
                                  {LedgerAccount::kProgramExpired, expired}});
}

// Posts one thing that is due at `at`, which is when something is.
LedgerEntry PostDue(AccountState& state, absl::Time at,
                    const Account::DueTerms& terms) {
  if (!state.pending.empty() && state.pending.front().release <= at) {
    return Release(state, at);
  }
  if (!state.holds.empty() && state.holds.front().expire <= at) {
    const OpenHold hold = RemoveHold(state, state.holds.front().id);
    const absl::Time grace_expire =
        terms.grace_days ? EndOfDayAfter(at, *terms.grace_days, terms.zone)
                         : absl::InfiniteFuture();
    LedgerEntry entry = ReleaseHeld(state, hold, at, grace_expire);
    entry.hold_expired = true;
    return entry;
  }
  return Expire(state, at);
}

}  // namespace

absl::Time Account::NextDue() const {
  absl::Time next = absl::InfiniteFuture();
  if (!state_.pending.empty()) next = state_.pending.front().release;
  if (!state_.holds.empty()) next = std::min(next, state_.holds.front().expire);
  if (!state_.lots.empty()) next = std::min(next, state_.lots.front().expire);
  return next;
}

std::vector<LedgerEntry> Account::AdvanceTo(absl::Time at,
                                            const DueTerms& terms) {
  std::vector<LedgerEntry> entries;
  for (absl::Time due = NextDue(); due <= at && due != absl::InfiniteFuture();
       due = NextDue()) {
    entries.push_back(PostDue(state_, EffectiveTime(due), terms));
  }
  state_.latest = EffectiveTime(at);
  return entries;
}

}  // namespace pistis
