// What refunds and reversals do to an account.
#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/ledger/account.h"
#include "engine/ledger/entry_draft.h"
#include "engine/ledger/refusals.h"

namespace pistis {
namespace {

bool IsReversible(EntryKind kind) {
  switch (kind) {
    case EntryKind::kEarn:
    case EntryKind::kRedeem:
    case EntryKind::kAdjust:
    case EntryKind::kTransferOut:
    case EntryKind::kTransferIn:
      return true;
    case EntryKind::kClawBack:
    case EntryKind::kRestore:
    case EntryKind::kExpire:
    case EntryKind::kRelease:
    case EntryKind::kHold:
    case EntryKind::kCapture:
    case EntryKind::kHoldRelease:
    case EntryKind::kReverse:
      return false;
  }
  return false;
}

bool IsSamePlace(const LotChange& a, const LotChange& b) {
  if (a.place != b.place || a.release != b.release) return false;
  if (a.lot.kind != b.lot.kind) return false;
  return a.lot.kind == LotKind::kIdle || a.lot.expire == b.lot.expire;
}

// The changes of an entry, one for each lot, without those that cancel out:
// points whose expiry was only put off.
std::vector<LotChange> NetChanges(const LedgerEntry& entry) {
  std::vector<LotChange> net;
  for (LotChange change : entry.lots) {
    const auto same = std::find_if(
        net.begin(), net.end(),
        [&](const LotChange& other) { return IsSamePlace(other, change); });
    if (same != net.end()) {
      change.lot.points += same->lot.points;
      net.erase(same);
    }
    if (!change.lot.points.is_zero()) net.push_back(change);
  }
  return net;
}

// Where the points of a change are at `at`.
LotPlace PlaceNow(const LotChange& change, absl::Time at) {
  return change.place == LotPlace::kPending && change.release <= at
             ? LotPlace::kAvailable
             : change.place;
}

// How many points are left of the lot that `change` added to.
Points LeftOf(const AccountState& state, const LotChange& change,
              absl::Time at) {
  if (PlaceNow(change, at) == LotPlace::kPending) {
    const PendingLot* lot = FindPending(state, {change.release, change.lot});
    return lot == nullptr ? Points() : lot->lot.points;
  }
  const Lot* lot = FindLot(state, change.lot);
  return lot == nullptr ? Points() : lot->points;
}

// INSUFFICIENT_POINTS where what `changes` added is no longer there, or where
// `filled` points of a deficit cannot be owed again as other lots are open.
absl::Status CheckStillThere(const AccountState& state,
                             absl::Span<const LotChange> changes, Points filled,
                             absl::Time at) {
  Points available;
  for (const LotChange& change : changes) {
    const Points added = change.lot.points;
    if (!added.is_positive()) continue;
    const Points left = LeftOf(state, change, at);
    if (left < added) return RefuseInsufficient("the lot has", left, added);
    if (PlaceNow(change, at) == LotPlace::kAvailable) available += added;
  }
  if (filled.is_positive() && SumOf(state.lots) > available) {
    return RefuseInsufficient("of what filled a deficit, there are", Points(),
                              filled);
  }
  return absl::OkStatus();
}

std::vector<Posting> Opposite(const LedgerEntry& original,
                              absl::Span<const LotChange> changes,
                              absl::Time at) {
  const bool released = std::any_of(
      changes.begin(), changes.end(), [at](const LotChange& change) {
        return change.place != PlaceNow(change, at);
      });
  std::vector<Posting> postings = original.postings;
  for (Posting& posting : postings) {
    posting.points = -posting.points;
    if (released && posting.account == LedgerAccount::kMemberPending) {
      posting.account = LedgerAccount::kMemberAvailable;
    }
  }
  return postings;
}

}  // namespace

ClawedBack Account::TakeBack(const ClawBack& claw_back, absl::Time at) {
  ClawedBack outcome;
  outcome.counted_expired =
      std::min(claw_back.points, claw_back.expired_uncounted);
  const Points wanted = claw_back.points - outcome.counted_expired;
  if (wanted.is_zero()) return outcome;
  EntryDraft draft(state_, EntryKind::kClawBack, at);
  Points pending;
  if (claw_back.release) {
    pending =
        draft.TakeFromPending({*claw_back.release, claw_back.lot}, wanted);
  }
  Points available = draft.TakeFromLot(claw_back.lot, wanted - pending);
  available += draft.Take(wanted - pending - available);
  const Points missing = wanted - pending - available;
  Points forgiven;
  switch (claw_back.shortfall) {
    case RefundShortfall::kNegative:
      draft.Owe(missing);
      available += missing;
      break;
    case RefundShortfall::kForgive: {
      // What is held is not spent yet: it is owed, and the hold's release pays.
      const Points owed = std::min(missing, held());
      draft.Owe(owed);
      available += owed;
      forgiven = missing - owed;
      break;
    }
  }
  outcome.entry =
      std::move(draft).Finish({{LedgerAccount::kMemberPending, -pending},
                               {LedgerAccount::kMemberAvailable, -available},
                               {LedgerAccount::kProgramIssued, wanted},
                               {LedgerAccount::kProgramForgiven, -forgiven}});
  return outcome;
}

LedgerEntry Account::Restore(absl::Span<const Lot> lots, absl::Time at,
                             const LotTerms& terms) {
  EntryDraft draft(state_, EntryKind::kRestore, at);
  for (const Lot& lot : lots)
    draft.GiveBack(lot, terms.grace_expire);
  const Points points = SumOf(lots);
  return std::move(draft).Finish({{LedgerAccount::kMemberAvailable, points},
                                  {LedgerAccount::kProgramRedeemed, -points}});
}

absl::StatusOr<LedgerEntry> Account::Reverse(const LedgerEntry& original,
                                             absl::Time at,
                                             const LotTerms& terms) {
  if (!IsReversible(original.kind)) return RefuseReversal(original.kind);
  const std::vector<LotChange> changes = NetChanges(original);
  const Points filled = std::max(Points(), -original.deficit_change);
  const Points made = std::max(Points(), original.deficit_change);
  PISTIS_RETURN_IF_ERROR(CheckStillThere(state_, changes, filled, at));
  EntryDraft draft(state_, EntryKind::kReverse, at);
  const Points made_still = std::min(made, state_.deficit);
  draft.Owe(-made_still);
  for (const LotChange& change : changes) {
    const Points points = change.lot.points;
    if (points.is_negative()) {
      draft.GiveBack(WithPoints(change.lot, -points), terms.grace_expire);
    } else if (PlaceNow(change, at) == LotPlace::kPending) {
      draft.TakeFromPending({change.release, change.lot}, points);
    } else {
      draft.TakeFromLot(change.lot, points);
    }
  }
  draft.Owe(filled);
  if (made > made_still) {
    draft.Give(WithPoints(terms.fresh, made - made_still));
  }
  return std::move(draft).Finish(Opposite(original, changes, at));
}

std::vector<Lot> LotsTaken(const LedgerEntry& entry) {
  std::vector<Lot> taken;
  for (const LotChange& change : NetChanges(entry)) {
    if (change.place == LotPlace::kPending) continue;
    if (!change.lot.points.is_negative()) continue;
    taken.push_back(WithPoints(change.lot, -change.lot.points));
  }
  return taken;
}

std::vector<Lot> LotsToRestore(absl::Span<const Lot> taken, Points before,
                               Points points) {
  std::vector<Lot> lots;
  for (auto lot = taken.rbegin(); lot != taken.rend(); ++lot) {
    const Points skipped = std::min(before, lot->points);
    before -= skipped;
    const Points given = std::min(points, lot->points - skipped);
    points -= given;
    if (given.is_positive()) lots.push_back(WithPoints(*lot, given));
  }
  return lots;
}

}  // namespace pistis
