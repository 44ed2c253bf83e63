// Points set aside, and what becomes of them.
#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/ledger/account.h"
#include "engine/ledger/entry_draft.h"
#include "engine/ledger/refusals.h"

namespace pistis {
namespace {

bool IsDueBefore(const OpenHold& a, const OpenHold& b) {
  return std::tie(a.expire, a.id) < std::tie(b.expire, b.id);
}

}  // namespace

const OpenHold* Account::FindHold(const HoldId& id) const {
  for (const OpenHold& hold : state_.holds) {
    if (hold.id == id) return &hold;
  }
  return nullptr;
}

absl::StatusOr<LedgerEntry> Account::Hold(const HoldId& id, Points points,
                                          absl::Time expire, absl::Time at) {
  if (FindHold(id) != nullptr) {
    return Refuse(Reason::kAlreadyExists,
                  absl::StrCat("the hold \"", id.text(), "\" is open already"),
                  {{"kind", "hold"}, {"id", id.text()}});
  }
  if (state_.holds.size() >= kMaxOpenHolds) {
    return RefuseLimit("open_holds", kMaxOpenHolds);
  }
  if (available() < points)
    return RefuseInsufficient("the member has", available(), points);
  EntryDraft draft(state_, EntryKind::kHold, at);
  draft.NameHold(id);
  draft.Take(points);
  OpenHold hold{.id = id, .expire = expire};
  for (const LotChange& taken : draft.lots()) {
    hold.lots.push_back(WithPoints(taken.lot, -taken.lot.points));
  }
  for (const Lot& lot : hold.lots)
    draft.NoteHeld(lot);
  state_.holds.insert(std::upper_bound(state_.holds.begin(), state_.holds.end(),
                                       hold, IsDueBefore),
                      std::move(hold));
  return std::move(draft).Finish({{LedgerAccount::kMemberAvailable, -points},
                                  {LedgerAccount::kMemberHeld, points}});
}

absl::StatusOr<std::vector<LedgerEntry>> Account::CaptureHold(
    const HoldId& id, Points points, absl::Time at, const LotTerms& terms) {
  const OpenHold* open = FindHold(id);
  if (open == nullptr) return RefuseHold(id);
  if (open->points() < points) {
    return RefuseInsufficient("the hold has", open->points(), points);
  }
  EntryDraft draft(state_, EntryKind::kCapture, at);
  draft.NameHold(id);
  if (terms.idle_expire) draft.PutOffIdle(*terms.idle_expire);
  const OpenHold hold = RemoveHold(state_, id);
  Points left = points;
  OpenHold rest{.id = id, .expire = hold.expire};
  for (const Lot& lot : hold.lots) {
    const Points spent = std::min(lot.points, left);
    left -= spent;
    if (spent.is_positive()) draft.NoteHeld(WithPoints(lot, -spent));
    if (spent < lot.points) {
      rest.lots.push_back(WithPoints(lot, lot.points - spent));
    }
  }
  std::vector<LedgerEntry> entries;
  entries.push_back(
      std::move(draft).Finish({{LedgerAccount::kMemberHeld, -points},
                               {LedgerAccount::kProgramRedeemed, points}}));
  if (!rest.lots.empty()) {
    entries.push_back(ReleaseHeld(state_, rest, at, terms.grace_expire));
  }
  return entries;
}

absl::StatusOr<LedgerEntry> Account::ReleaseHold(const HoldId& id,
                                                 absl::Time at,
                                                 const LotTerms& terms) {
  if (FindHold(id) == nullptr) return RefuseHold(id);
  const OpenHold hold = RemoveHold(state_, id);
  return ReleaseHeld(state_, hold, at, terms.grace_expire);
}

}  // namespace pistis
