#include "engine/ledger/account.h"

#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "engine/base/rate.h"
#include "engine/base/status_macros.h"
#include "engine/ledger/entry_draft.h"
#include "engine/ledger/refusals.h"

namespace pistis {
namespace {

absl::Status CheckAvailable(const Account& account, Points points) {
  if (account.available() >= points) return absl::OkStatus();
  return RefuseInsufficient("the member has", account.available(), points);
}

// LIMIT_REACHED where `lots` would not find or make room among the available.
absl::Status CheckLots(const AccountState& state, absl::Span<const Lot> lots) {
  if (state.lots.size() + lots.size() <= kMaxLots) return absl::OkStatus();
  const auto opened = std::count_if(
      lots.begin(), lots.end(),
      [&state](const Lot& lot) { return FindLot(state, lot) == nullptr; });
  if (opened == 0 ||
      state.lots.size() + static_cast<size_t>(opened) <= kMaxLots) {
    return absl::OkStatus();
  }
  return RefuseLimit("lots", kMaxLots);
}

absl::Status CheckPendingLots(const AccountState& state,
                              const PendingLot& pending) {
  if (state.pending.size() < kMaxPendingLots ||
      FindPending(state, pending) != nullptr) {
    return absl::OkStatus();
  }
  return RefuseLimit("pending_lots", kMaxPendingLots);
}

absl::Status CheckEarn(const Account& account, const Lot& lot,
                       std::optional<absl::Time> release, WhenFull when_full) {
  PISTIS_RETURN_IF_ERROR(CheckBalance(account, lot.points));
  if (release) return CheckPendingLots(account.state(), {*release, lot});
  switch (when_full) {
    case WhenFull::kRefuse:
      return CheckLots(account.state(), {lot});
    case WhenFull::kJoin:
      break;
  }
  return absl::OkStatus();
}

// Adds the points of lots that must each have some; false where one has none,
// or the sum is out of all proportion.
bool AddUp(absl::Span<const Lot> lots, Int128& sum) {
  constexpr Int128 kMost = Int128{kMaxBalance.value()} * 1000;
  for (const Lot& lot : lots) {
    if (!lot.points.is_positive()) return false;
    sum += lot.points.value();
  }
  return sum <= kMost;
}

}  // namespace

Points OpenHold::points() const {
  return SumOf(lots);
}

bool IsWhole(const AccountState& state) {
  if (!IsCalendarTime(state.latest) || state.entries < 0) return false;
  if (state.deficit.is_negative() || state.deficit > kMaxBalance) return false;
  if (state.deficit.is_positive() && !state.lots.empty()) return false;
  Int128 sum = 0;
  if (!AddUp(state.lots, sum)) return false;
  for (const PendingLot& pending : state.pending) {
    if (!AddUp({&pending.lot, 1}, sum)) return false;
  }
  for (const OpenHold& hold : state.holds) {
    if (!AddUp(hold.lots, sum)) return false;
  }
  return std::is_sorted(state.lots.begin(), state.lots.end(), IsSpentBefore) &&
         std::is_sorted(state.pending.begin(), state.pending.end(),
                        [](const PendingLot& a, const PendingLot& b) {
                          return a.release < b.release;
                        }) &&
         std::is_sorted(state.holds.begin(), state.holds.end(),
                        [](const OpenHold& a, const OpenHold& b) {
                          return a.expire < b.expire;
                        });
}

Account::Account(AccountState state) : state_(std::move(state)) {}

Points Account::available() const {
  return SumOf(state_.lots) - state_.deficit;
}

Points Account::pending() const {
  Points sum;
  for (const PendingLot& pending : state_.pending)
    sum += pending.lot.points;
  return sum;
}

Points Account::held() const {
  Points sum;
  for (const OpenHold& hold : state_.holds)
    sum += hold.points();
  return sum;
}

absl::Time Account::EffectiveTime(absl::Time at) const {
  return std::max(at, state_.latest);
}

absl::StatusOr<LedgerEntry> Account::Earn(const Lot& lot,
                                          std::optional<absl::Time> release,
                                          absl::Time at,
                                          const LotTerms& terms) {
  PISTIS_RETURN_IF_ERROR(CheckEarn(*this, lot, release, terms.when_full));
  EntryDraft draft(state_, EntryKind::kEarn, at);
  Lot earned = lot;
  if (terms.idle_expire) {
    absl::Time idle_expire = *terms.idle_expire;
    if (lot.kind == LotKind::kIdle) {
      idle_expire = std::max(idle_expire, lot.expire);
      earned.expire = idle_expire;
    }
    draft.PutOffIdle(idle_expire);
  }
  if (release) {
    draft.GivePending({*release, earned});
  } else {
    draft.Give(earned);
  }
  const LedgerAccount to =
      release ? LedgerAccount::kMemberPending : LedgerAccount::kMemberAvailable;
  return std::move(draft).Finish(
      {{to, lot.points}, {LedgerAccount::kProgramIssued, -lot.points}});
}

absl::StatusOr<LedgerEntry> Account::Redeem(Points points, absl::Time at,
                                            const LotTerms& terms) {
  PISTIS_RETURN_IF_ERROR(CheckAvailable(*this, points));
  EntryDraft draft(state_, EntryKind::kRedeem, at);
  if (terms.idle_expire) draft.PutOffIdle(*terms.idle_expire);
  draft.Take(points);
  return std::move(draft).Finish({{LedgerAccount::kMemberAvailable, -points},
                                  {LedgerAccount::kProgramRedeemed, points}});
}

absl::StatusOr<LedgerEntry> Account::AdjustUp(const Lot& lot, absl::Time at) {
  PISTIS_RETURN_IF_ERROR(CheckBalance(*this, lot.points));
  PISTIS_RETURN_IF_ERROR(CheckLots(state_, {lot}));
  EntryDraft draft(state_, EntryKind::kAdjust, at);
  draft.Give(lot);
  return std::move(draft).Finish(
      {{LedgerAccount::kMemberAvailable, lot.points},
       {LedgerAccount::kProgramAdjusted, -lot.points}});
}

absl::StatusOr<LedgerEntry> Account::AdjustDown(Points points,
                                                Shortfall shortfall,
                                                absl::Time at) {
  switch (shortfall) {
    case Shortfall::kRefuse:
      PISTIS_RETURN_IF_ERROR(CheckAvailable(*this, points));
      break;
    case Shortfall::kOwe:
      PISTIS_RETURN_IF_ERROR(CheckDebt(state_, points));
      break;
  }
  EntryDraft draft(state_, EntryKind::kAdjust, at);
  draft.Owe(points - draft.Take(points));
  return std::move(draft).Finish({{LedgerAccount::kMemberAvailable, -points},
                                  {LedgerAccount::kProgramAdjusted, points}});
}

std::optional<LedgerEntry> Account::Forfeit(absl::Time at) {
  const Points free = available();
  const Points waiting = pending();
  if (free.is_zero() && waiting.is_zero()) return std::nullopt;
  EntryDraft draft(state_, EntryKind::kAdjust, at);
  draft.Take(SumOf(state_.lots));
  draft.Owe(-state_.deficit);
  for (const PendingLot& lot : std::vector<PendingLot>(state_.pending))
    draft.TakeFromPending(lot, lot.lot.points);
  return std::move(draft).Finish(
      {{LedgerAccount::kMemberAvailable, -free},
       {LedgerAccount::kMemberPending, -waiting},
       {LedgerAccount::kProgramAdjusted, free + waiting}});
}

absl::StatusOr<LedgerEntry> Account::TransferOut(Points points, absl::Time at) {
  PISTIS_RETURN_IF_ERROR(CheckAvailable(*this, points));
  EntryDraft draft(state_, EntryKind::kTransferOut, at);
  draft.Take(points);
  return std::move(draft).Finish({{LedgerAccount::kMemberAvailable, -points},
                                  {LedgerAccount::kCounterparty, points}});
}

absl::StatusOr<LedgerEntry> Account::TransferIn(absl::Span<const Lot> lots,
                                                absl::Time at) {
  const Points points = SumOf(lots);
  PISTIS_RETURN_IF_ERROR(CheckBalance(*this, points));
  PISTIS_RETURN_IF_ERROR(CheckLots(state_, lots));
  EntryDraft draft(state_, EntryKind::kTransferIn, at);
  for (const Lot& lot : lots)
    draft.Give(lot);
  return std::move(draft).Finish({{LedgerAccount::kCounterparty, -points},
                                  {LedgerAccount::kMemberAvailable, points}});
}

}  // namespace pistis
