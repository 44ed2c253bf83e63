#include "engine/ledger/entry_draft.h"

#include <algorithm>
#include <utility>

namespace pistis {
namespace {

bool IsPendingBefore(const PendingLot& a, const PendingLot& b) {
  if (a.release != b.release) return a.release < b.release;
  return IsSpentBefore(a.lot, b.lot);
}

// True where points of `wanted` are in `lot`.
bool IsLotOf(const Lot& lot, const Lot& wanted) {
  if (lot.kind != wanted.kind) return false;
  return lot.kind == LotKind::kIdle || lot.expire == wanted.expire;
}

bool IsPendingLotOf(const PendingLot& pending, const PendingLot& wanted) {
  return pending.release == wanted.release && IsLotOf(pending.lot, wanted.lot);
}

bool IsFixed(const Lot& lot) {
  return lot.kind == LotKind::kFixed;
}

// InfinitePast where there is no idle lot.
absl::Time LatestIdle(const AccountState& state) {
  absl::Time latest = absl::InfinitePast();
  const auto look = [&latest](const Lot& lot) {
    if (lot.kind == LotKind::kIdle) latest = std::max(latest, lot.expire);
  };
  for (const Lot& lot : state.lots)
    look(lot);
  for (const PendingLot& pending : state.pending)
    look(pending.lot);
  for (const OpenHold& hold : state.holds) {
    for (const Lot& lot : hold.lots)
      look(lot);
  }
  return latest;
}

}  // namespace

Points SumOf(absl::Span<const Lot> lots) {
  Points sum;
  for (const Lot& lot : lots)
    sum += lot.points;
  return sum;
}

Lot WithPoints(Lot lot, Points points) {
  lot.points = points;
  return lot;
}

EntryDraft::EntryDraft(AccountState& state, EntryKind kind, absl::Time at)
    : state_(state), deficit_before_(state.deficit) {
  entry_.number = ++state.entries;
  entry_.kind = kind;
  entry_.effective = at;
  state.latest = std::max(state.latest, at);
}

void EntryDraft::Note(const Lot& change, LotPlace place) {
  entry_.lots.push_back({.lot = change, .place = place});
}

void EntryDraft::NotePending(PendingLot change) {
  entry_.lots.push_back({.lot = change.lot,
                         .place = LotPlace::kPending,
                         .release = change.release});
}

void EntryDraft::NoteHeld(const Lot& change) {
  Note(change, LotPlace::kHeld);
}

void EntryDraft::PutOff(Lot& lot, LotChange change, absl::Time expire) {
  if (lot.kind != LotKind::kIdle || lot.expire >= expire) return;
  change.lot = WithPoints(lot, -lot.points);
  entry_.lots.push_back(change);
  lot.expire = expire;
  change.lot = lot;
  entry_.lots.push_back(change);
}

void EntryDraft::PutOffIdle(absl::Time expire) {
  std::vector<Lot>& lots = state_.lots;
  for (Lot& lot : lots)
    PutOff(lot, {.place = LotPlace::kAvailable}, expire);
  std::sort(lots.begin(), lots.end(), IsSpentBefore);
  std::vector<PendingLot>& all = state_.pending;
  for (PendingLot& pending : all) {
    PutOff(pending.lot,
           {.place = LotPlace::kPending, .release = pending.release}, expire);
  }
  std::sort(all.begin(), all.end(), IsPendingBefore);
  for (OpenHold& hold : state_.holds) {
    for (Lot& lot : hold.lots)
      PutOff(lot, {.place = LotPlace::kHeld}, expire);
    std::sort(hold.lots.begin(), hold.lots.end(), IsSpentBefore);
  }
}

Lot EntryDraft::Joined(Lot lot) {
  if (lot.kind != LotKind::kIdle) return lot;
  lot.expire = std::max(lot.expire, LatestIdle(state_));
  PutOffIdle(lot.expire);
  return lot;
}

void EntryDraft::JoinNeighbour(Lot lot) {
  std::vector<Lot>& lots = state_.lots;
  const auto later = std::find_if(
      std::lower_bound(lots.begin(), lots.end(), lot, IsSpentBefore),
      lots.end(), IsFixed);
  if (later != lots.end()) {
    later->points += lot.points;
    Note(WithPoints(*later, lot.points), LotPlace::kAvailable);
    return;
  }
  const auto last = std::find_if(lots.rbegin(), lots.rend(), IsFixed);
  Note(WithPoints(*last, -last->points), LotPlace::kAvailable);
  lot.points += last->points;
  lots.erase(std::next(last).base());
  lots.insert(std::lower_bound(lots.begin(), lots.end(), lot, IsSpentBefore),
              lot);
  Note(lot, LotPlace::kAvailable);
}

void EntryDraft::Insert(const Lot& lot) {
  std::vector<Lot>& lots = state_.lots;
  const auto at =
      std::lower_bound(lots.begin(), lots.end(), lot, IsSpentBefore);
  if (at != lots.end() && IsSameLot(*at, lot)) {
    at->points += lot.points;
  } else if (IsFixed(lot) && lots.size() >= kMaxLots) {
    JoinNeighbour(lot);
    return;
  } else {
    lots.insert(at, lot);
  }
  Note(lot, LotPlace::kAvailable);
}

void EntryDraft::Give(Lot lot) {
  const Points filled = std::min(state_.deficit, lot.points);
  state_.deficit -= filled;
  lot.points -= filled;
  if (lot.points.is_zero()) return;
  Insert(Joined(lot));
}

void EntryDraft::GiveBack(const Lot& lot, absl::Time grace_expire) {
  const absl::Time expire = lot.kind == LotKind::kIdle
                                ? std::max(lot.expire, LatestIdle(state_))
                                : lot.expire;
  if (expire > entry_.effective) {
    Give(lot);
  } else {
    Give({.expire = grace_expire, .points = lot.points});
  }
}

void EntryDraft::GivePending(PendingLot pending) {
  pending.lot = Joined(pending.lot);
  NotePending(pending);
  std::vector<PendingLot>& all = state_.pending;
  const auto at =
      std::lower_bound(all.begin(), all.end(), pending, IsPendingBefore);
  if (at != all.end() && IsPendingLotOf(*at, pending)) {
    at->lot.points += pending.lot.points;
  } else {
    all.insert(at, pending);
  }
}

Points EntryDraft::Take(Points points) {
  std::vector<Lot>& lots = state_.lots;
  Points left = points;
  auto lot = lots.begin();
  while (lot != lots.end() && left.is_positive()) {
    const Points taken = std::min(lot->points, left);
    Note(WithPoints(*lot, -taken), LotPlace::kAvailable);
    lot->points -= taken;
    left -= taken;
    if (lot->points.is_zero()) ++lot;
  }
  lots.erase(lots.begin(), lot);
  return points - left;
}

Points EntryDraft::TakeFromLot(const Lot& lot, Points points) {
  std::vector<Lot>& lots = state_.lots;
  const auto own =
      std::find_if(lots.begin(), lots.end(),
                   [&](const Lot& other) { return IsLotOf(other, lot); });
  if (own == lots.end() || !points.is_positive()) return Points();
  const Points taken = std::min(own->points, points);
  Note(WithPoints(*own, -taken), LotPlace::kAvailable);
  own->points -= taken;
  if (own->points.is_zero()) lots.erase(own);
  return taken;
}

Points EntryDraft::TakeFromPending(const PendingLot& pending, Points points) {
  std::vector<PendingLot>& all = state_.pending;
  const auto own = std::find_if(
      all.begin(), all.end(),
      [&](const PendingLot& other) { return IsPendingLotOf(other, pending); });
  if (own == all.end() || !points.is_positive()) return Points();
  const Points taken = std::min(own->lot.points, points);
  NotePending({.release = own->release, .lot = WithPoints(own->lot, -taken)});
  own->lot.points -= taken;
  if (own->lot.points.is_zero()) all.erase(own);
  return taken;
}

LedgerEntry EntryDraft::Finish(absl::Span<const Posting> postings) && {
  entry_.postings.reserve(postings.size());
  for (const Posting& posting : postings) {
    if (!posting.points.is_zero()) entry_.postings.push_back(posting);
  }
  entry_.deficit_change = state_.deficit - deficit_before_;
  entry_.available_after = SumOf(state_.lots) - state_.deficit;
  return std::move(entry_);
}

const PendingLot* FindPending(const AccountState& state,
                              const PendingLot& pending) {
  for (const PendingLot& other : state.pending) {
    if (IsPendingLotOf(other, pending)) return &other;
  }
  return nullptr;
}

const Lot* FindLot(const AccountState& state, const Lot& lot) {
  for (const Lot& other : state.lots) {
    if (IsLotOf(other, lot)) return &other;
  }
  return nullptr;
}

OpenHold RemoveHold(AccountState& state, const HoldId& id) {
  const auto at =
      std::find_if(state.holds.begin(), state.holds.end(),
                   [&](const OpenHold& hold) { return hold.id == id; });
  OpenHold hold = std::move(*at);
  state.holds.erase(at);
  return hold;
}

LedgerEntry ReleaseHeld(AccountState& state, const OpenHold& hold,
                        absl::Time at, absl::Time grace_expire) {
  EntryDraft draft(state, EntryKind::kHoldRelease, at);
  draft.NameHold(hold.id);
  for (const Lot& lot : hold.lots) {
    draft.NoteHeld(WithPoints(lot, -lot.points));
    draft.GiveBack(lot, grace_expire);
  }
  const Points points = hold.points();
  return std::move(draft).Finish({{LedgerAccount::kMemberHeld, -points},
                                  {LedgerAccount::kMemberAvailable, points}});
}

}  // namespace pistis
