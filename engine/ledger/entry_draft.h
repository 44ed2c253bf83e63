// One entry in the making, and the state that it changes.
#ifndef PISTIS_ENGINE_LEDGER_ENTRY_DRAFT_H_
#define PISTIS_ENGINE_LEDGER_ENTRY_DRAFT_H_

#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/ledger/account.h"
#include "engine/ledger/entry.h"
#include "engine/ledger/lot.h"

namespace pistis {

// Changes the state of an account and writes down what it does, so that the
// entry explains the state whatever the command. Nothing here refuses: commands
// ask first. Begins a new entry when it is made; `state` must outlive it.
class EntryDraft {
 public:
  EntryDraft(AccountState& state, EntryKind kind, absl::Time at);

  // Makes points available: they fill the deficit, then go to their lot. An
  // idle lot joins the others, and all take the latest expiry among them. Where
  // there are kMaxLots already, points join the next fixed lot that expires
  // later, or the last one is put off to their expiry: nobody loses by it.
  void Give(Lot lot);
  // The same of points that were in `lot` before: where it has expired since,
  // they go to the fixed lot of `grace_expire`. Idle points of an account
  // expire together, so an old one has not while another lives.
  void GiveBack(const Lot& lot, absl::Time grace_expire);
  // Adds points that become available later.
  void GivePending(PendingLot pending);

  // Takes up to so many available points, the soonest to expire first, of one
  // lot (of kIdle: whatever its expiry), or of one pending lot (likewise).
  // Returns how many.
  Points Take(Points points);
  Points TakeFromLot(const Lot& lot, Points points);
  Points TakeFromPending(const PendingLot& pending, Points points);

  // Changes the deficit.
  void Owe(Points points) { state_.deficit += points; }

  // The member was active: all idle lots that would expire before `expire`
  // expire then, wherever they are.
  void PutOffIdle(absl::Time expire);

  // Writes down which hold the entry is about, and a change that the caller
  // makes to its points.
  void NameHold(const HoldId& id) { entry_.hold = id; }
  void NoteHeld(const Lot& change);

  // What was written down so far.
  [[nodiscard]] const std::vector<LotChange>& lots() const {
    return entry_.lots;
  }

  // The entry, with those of the legs that are not zero.
  [[nodiscard]] LedgerEntry Finish(absl::Span<const Posting> postings) &&;

 private:
  void Note(const Lot& change, LotPlace place);
  void NotePending(PendingLot change);
  // Puts an idle lot off that lies where `change` says.
  void PutOff(Lot& lot, LotChange change, absl::Time expire);
  void Insert(const Lot& lot);
  void JoinNeighbour(Lot lot);
  // `lot` with the expiry that it and all other idle lots have from now on.
  Lot Joined(Lot lot);

  AccountState& state_;
  Points deficit_before_;
  LedgerEntry entry_;
};

// How many points the lots have together.
[[nodiscard]] Points SumOf(absl::Span<const Lot> lots);
// `lot` with other points.
[[nodiscard]] Lot WithPoints(Lot lot, Points points);

// The points of a pending lot, if it is there; of kIdle, whatever its expiry.
[[nodiscard]] const PendingLot* FindPending(const AccountState& state,
                                            const PendingLot& pending);
// The same of an available one.
[[nodiscard]] const Lot* FindLot(const AccountState& state, const Lot& lot);

// Takes the hold of `id`, which is open, out of the open ones.
OpenHold RemoveHold(AccountState& state, const HoldId& id);
// Gives back the lots of `hold`, which is not among the open ones any more.
[[nodiscard]] LedgerEntry ReleaseHeld(AccountState& state, const OpenHold& hold,
                                      absl::Time at, absl::Time grace_expire);

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_ENTRY_DRAFT_H_
