// A member's points: what is available, pending and held, and the entries that
// change it. Pure: an account is a value, time is an argument, nothing is
// stored here.
#ifndef PISTIS_ENGINE_LEDGER_ACCOUNT_H_
#define PISTIS_ENGINE_LEDGER_ACCOUNT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/ids.h"
#include "engine/ledger/entry.h"
#include "engine/ledger/lot.h"

namespace pistis {

// An account has at most this many available lots, pending lots and open holds;
// commands that would pass it are refused with LIMIT_REACHED, so that the work
// of a command is bounded whatever the history. Days are coalesced. Where what
// cannot be refused (a sale, a release, points given back) would open one lot
// more, its points join the next fixed lot that expires later, or the last one
// is put off to their expiry; an idle lot is opened all the same, as there is
// only one.
inline constexpr size_t kMaxLots = 1000;
inline constexpr size_t kMaxPendingLots = 1000;
inline constexpr size_t kMaxOpenHolds = 100;

// Points of one day's sales that are not available yet.
struct PendingLot {
  // When they become available.
  absl::Time release;
  // What they are then. A kIdle lot's expiry is that of its earning or of a
  // later activity.
  Lot lot;
};

// Points set aside for a purchase in progress.
struct OpenHold {
  HoldId id;
  // When it is released by itself; InfiniteFuture: whoever made it sees to
  // that.
  absl::Time expire;
  // Where its points came from and go back to.
  std::vector<Lot> lots;

  [[nodiscard]] Points points() const;
};

// LIMIT_REACHED; or, for a sale, which must not fail over it: the points join
// the next lot that expires later.
enum class WhenFull { kRefuse, kJoin };

// What the rulebook says of lots, as of one command.
struct LotTerms {
  // Where points go that are given back after their lot has expired.
  absl::Time grace_expire = absl::InfiniteFuture();
  // The lot, empty, of points that are given now.
  Lot fresh = {.expire = absl::InfiniteFuture()};
  // The expiry of idle lots after an activity now; nothing where the rulebook
  // does not count inactivity, and then idle lots stay where they are.
  std::optional<absl::Time> idle_expire;
  // What an earning does that would open a lot beyond kMaxLots.
  WhenFull when_full = WhenFull::kRefuse;
};

// What a refund takes back of points that an order earned.
struct ClawBack {
  Points points;
  // Where the points went: to this lot, by way of a pending lot where `release`
  // is set.
  Lot lot;
  std::optional<absl::Time> release;
  // Points of that lot that have expired since and no refund has counted yet:
  // the member does not lose them a second time.
  Points expired_uncounted;
  RefundShortfall shortfall = RefundShortfall::kNegative;
};

// The outcome of a ClawBack.
struct ClawedBack {
  // Nothing where no point moved.
  std::optional<LedgerEntry> entry;
  // The part of the points that had expired.
  Points counted_expired;
};

// What happens where a command takes more than there is.
enum class Shortfall { kRefuse, kOwe };

// The stored form of an account, and what its constructor takes.
struct AccountState {
  // In order of expiry, kFixed before kIdle of the same, never-expiring last.
  std::vector<Lot> lots;
  // In order of release, then of their lots.
  std::vector<PendingLot> pending;
  // In order of expiry, then id.
  std::vector<OpenHold> holds;
  // Points owed after a refund or an adjustment took what was not there.
  Points deficit;
  // The number of the last entry.
  int64_t entries = 0;
  // When the last command took effect.
  absl::Time latest = absl::InfinitePast();
};

// Whether a stored state can be worked on: points in each lot, lots in order,
// none beside a deficit, a calendar's time, and sums far inside 64 bits. A
// damaged record may come to one that is not; time would never be through with
// an empty lot.
[[nodiscard]] bool IsWhole(const AccountState& state);

// A member's points. Value type; commands change it and return the entry that
// says how, and change nothing where they refuse. `at` of a command is never
// before the account's latest command, and what fell due by then was posted:
// callers pass EffectiveTime(at) and call AdvanceTo first. Points of a command
// are positive.
//
// Earn, Redeem and CaptureHold are activities: they put the expiry of all idle
// lots (available, pending and held) off to terms.idle_expire before they do
// anything else. An idle lot that comes in with a later expiry puts the others
// off to it, and otherwise takes theirs: no expiry ever comes nearer.
//
// Invariants: available() = the sum of the lots - deficit; no lot and no
// pending lot is empty; a positive deficit leaves no lots; all idle lots have
// the same expiry, so that at most one of them is available.
class Account {
 public:
  Account() = default;
  // From its stored form, which IsWhole.
  explicit Account(AccountState state);

  [[nodiscard]] const AccountState& state() const { return state_; }
  [[nodiscard]] Points available() const;
  [[nodiscard]] Points pending() const;
  [[nodiscard]] Points held() const;
  // The open hold of this id, or null. Valid until the next command.
  [[nodiscard]] const OpenHold* FindHold(const HoldId& id) const;
  // When something falls due next: a release, an expiry of a lot or a hold.
  // InfiniteFuture where nothing does. A pending lot's expiry counts from its
  // release on.
  [[nodiscard]] absl::Time NextDue() const;

  // `at`, or the time of the last command where that is later: time never runs
  // back in an account.
  [[nodiscard]] absl::Time EffectiveTime(absl::Time at) const;

  // Posts what falls due at or before `at`, in order of time, each by its own
  // entry at its own time; of what falls due at the same moment, first the
  // releases, then the holds, then the lots. A hold whose time is over gives
  // its points back like ReleaseHold, to lots of `grace_days`-long life from
  // then on where theirs have expired (`zone` says when days end), or that
  // never expire.
  struct DueTerms {
    std::optional<int> grace_days = std::nullopt;
    absl::TimeZone zone;
  };
  std::vector<LedgerEntry> AdvanceTo(absl::Time at, const DueTerms& terms);

  // Adds points to `lot`; a deficit is filled first. With `release`, the points
  // are pending until then, and fill a deficit then. POINTS_OVERFLOW where
  // available, pending and held points together would pass kMaxBalance,
  // LIMIT_REACHED where there are too many lots.
  absl::StatusOr<LedgerEntry> Earn(const Lot& lot,
                                   std::optional<absl::Time> release,
                                   absl::Time at, const LotTerms& terms);

  // Spends points, the soonest to expire first. INSUFFICIENT_POINTS where there
  // are fewer.
  absl::StatusOr<LedgerEntry> Redeem(Points points, absl::Time at,
                                     const LotTerms& terms);

  // Sets points aside, the soonest to expire first. ALREADY_EXISTS (an open
  // hold of this id), LIMIT_REACHED (open holds), INSUFFICIENT_POINTS.
  absl::StatusOr<LedgerEntry> Hold(const HoldId& id, Points points,
                                   absl::Time expire, absl::Time at);

  // Spends `points` of an open hold, those that expire soonest, and closes it:
  // the rest is released by a second entry. HOLD_NOT_OPEN where there is no
  // such open hold, INSUFFICIENT_POINTS where it holds fewer.
  absl::StatusOr<std::vector<LedgerEntry>> CaptureHold(const HoldId& id,
                                                       Points points,
                                                       absl::Time at,
                                                       const LotTerms& terms);

  // Gives an open hold's points back to their lots, those that have expired
  // since to the lot of terms.grace_expire. HOLD_NOT_OPEN.
  absl::StatusOr<LedgerEntry> ReleaseHold(const HoldId& id, absl::Time at,
                                          const LotTerms& terms);

  // Adds a merchant's correction to `lot`, as Earn does.
  absl::StatusOr<LedgerEntry> AdjustUp(const Lot& lot, absl::Time at);
  // Takes a merchant's correction, the soonest to expire first. With kRefuse,
  // INSUFFICIENT_POINTS where there are fewer; with kOwe, the rest is owed, and
  // POINTS_OVERFLOW says that more than kMaxBalance would be.
  absl::StatusOr<LedgerEntry> AdjustDown(Points points, Shortfall shortfall,
                                         absl::Time at);

  // Takes all that is available and pending and forgives what is owed: the
  // member is gone. Open holds stay. Nothing where there is nothing.
  std::optional<LedgerEntry> Forfeit(absl::Time at);

  // One side of a transfer each: points leave, the soonest to expire first, and
  // arrive in lots of the same expiry. `lots` of TransferIn are LotsTaken of
  // TransferOut's entry. Refusals as in Redeem and Earn.
  absl::StatusOr<LedgerEntry> TransferOut(Points points, absl::Time at);
  absl::StatusOr<LedgerEntry> TransferIn(absl::Span<const Lot> lots,
                                         absl::Time at);

  // Does the exact opposite of an earlier entry of this account, of kind kEarn,
  // kRedeem, kAdjust, kTransferOut or kTransferIn. What it added must still be
  // in its lots (of an earn that was pending: there or released), else
  // INSUFFICIENT_POINTS; what it took goes back to its lots, those that have
  // expired since to the lot of terms.grace_expire. A deficit that it filled is
  // there again (INSUFFICIENT_POINTS where points of other lots would fill it);
  // one that it made is gone, and where other points have filled that since,
  // they go to terms.fresh. What activity put off stays so.
  // ENTRY_NOT_REVERSIBLE for other kinds.
  absl::StatusOr<LedgerEntry> Reverse(const LedgerEntry& original,
                                      absl::Time at, const LotTerms& terms);

  // Takes earned points back: from where they are pending, from their own lot,
  // then from the others, the soonest to expire first; what is missing is owed
  // or forgiven. Points that other sales have pending and points that are held
  // are not touched; but as many as are held are owed, never forgiven, or a
  // hold would hide points from a refund.
  ClawedBack TakeBack(const ClawBack& claw_back, absl::Time at);

  // Gives spent points back to the lots they came from, those that have expired
  // by `at` to the lot of terms.grace_expire. A deficit is filled first.
  LedgerEntry Restore(absl::Span<const Lot> lots, absl::Time at,
                      const LotTerms& terms);

 private:
  AccountState state_;
};

// The available or held points that an entry spent or gave away, lot by lot in
// the order in which it took them, as positive points; an expiry that it put
// off is none of them.
[[nodiscard]] std::vector<Lot> LotsTaken(const LedgerEntry& entry);

// The next `points` to give back of a redemption that took `taken`, `before` of
// which were given back already: what was taken last comes back first, so the
// longest-lived points return first.
[[nodiscard]] std::vector<Lot> LotsToRestore(absl::Span<const Lot> taken,
                                             Points before, Points points);

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_ACCOUNT_H_
