// A member's points: lots, and the entries that change them. Pure: an account
// is a value, time is an argument, nothing is stored here.
#ifndef PISTIS_ENGINE_LEDGER_ACCOUNT_H_
#define PISTIS_ENGINE_LEDGER_ACCOUNT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/base/amount.h"

namespace pistis {

// Points earned together, with one expiry, which names the lot: lots of the
// same expiry are one. absl::InfiniteFuture() never expires.
struct Lot {
  absl::Time expire;
  Points points;
};

enum class LedgerAccount {
  kMemberAvailable,
  kProgramIssued,
  kProgramRedeemed,
  kProgramExpired,
  kProgramForgiven,
};

// One leg of an entry.
struct Posting {
  LedgerAccount account = LedgerAccount::kMemberAvailable;
  Points points;
};

enum class EntryKind { kEarn, kRedeem, kClawBack, kRestore, kExpire };

// One immutable fact. Its postings sum to zero.
struct LedgerEntry {
  // From 1, without gaps, for each member.
  int64_t number = 0;
  EntryKind kind = EntryKind::kEarn;
  absl::Time effective;
  std::vector<Posting> postings;
  // Signed changes, by lot.
  std::vector<Lot> lots;
  Points available_after;
};

// What a refund takes back of points that an order earned.
struct ClawBack {
  Points points;
  // The lot the points went to.
  absl::Time lot_expire;
  // Points of that lot that have expired since and no refund has counted yet:
  // the member does not lose them a second time.
  Points expired_uncounted;
  // True: what is not there is forgiven. False: the balance goes below zero.
  bool forgive_shortfall = false;
};

// The outcome of a ClawBack.
struct ClawedBack {
  // Nothing where no point moved.
  std::optional<LedgerEntry> entry;
  // The part of the points that had expired.
  Points counted_expired;
};

// A member's points. Value type; commands change it and return the entry that
// says how. `at` of a command is never before the account's latest command:
// callers pass EffectiveTime(at).
//
// Invariants: available() = the sum of the lots - deficit(); no lot is empty;
// lots are in order of expiry; a positive deficit leaves no lots.
class Account {
 public:
  Account() = default;
  // From its stored form, which kept the invariants.
  Account(std::vector<Lot> lots, Points deficit, int64_t entries,
          absl::Time latest);

  [[nodiscard]] Points available() const;
  [[nodiscard]] const std::vector<Lot>& lots() const { return lots_; }
  // Points owed after a refund took back what was spent.
  [[nodiscard]] Points deficit() const { return deficit_; }
  // The number of the last entry.
  [[nodiscard]] int64_t entries() const { return entries_; }
  // When the last command took effect.
  [[nodiscard]] absl::Time latest() const { return latest_; }

  // `at`, or latest() where that is later: time never runs back in an account.
  [[nodiscard]] absl::Time EffectiveTime(absl::Time at) const;

  // Removes each lot that expires at or before `at`, each by its own entry at
  // its own time, and notes the time of the command.
  std::vector<LedgerEntry> AdvanceTo(absl::Time at);

  // Adds points to the lot of `expire`; a deficit is filled first.
  // POINTS_OVERFLOW where the balance would pass kMaxBalance; nothing changed
  // then.
  absl::StatusOr<LedgerEntry> Earn(Points points, absl::Time expire,
                                   absl::Time at);

  // Spends points, the soonest to expire first. INSUFFICIENT_POINTS where there
  // are fewer; nothing changed then.
  absl::StatusOr<LedgerEntry> Redeem(Points points, absl::Time at);

  // Takes earned points back: from their own lot, then from the others, the
  // soonest to expire first; what is missing is owed or forgiven.
  ClawedBack TakeBack(const ClawBack& claw_back, absl::Time at);

  // Gives spent points back to the lots they came from. What would have expired
  // by `at` goes to a lot of `grace_expire` instead. A deficit is filled first.
  LedgerEntry Restore(const std::vector<Lot>& lots, absl::Time grace_expire,
                      absl::Time at);

 private:
  LedgerEntry NewEntry(EntryKind kind, absl::Time at);
  // Fills the deficit, then the lot; notes the change in `entry`.
  void Add(Lot lot, LedgerEntry& entry);
  // Takes up to `points` from the lot at `index`; notes it in `entry`.
  Points TakeFrom(size_t index, Points points, LedgerEntry& entry);
  void DropEmptyLots();

  std::vector<Lot> lots_;
  Points deficit_;
  int64_t entries_ = 0;
  absl::Time latest_ = absl::InfinitePast();
};

// The next `points` to give back of a redemption that took `taken`, `before` of
// which were given back already: what was taken last comes back first, so the
// longest-lived points return first.
[[nodiscard]] std::vector<Lot> LotsToRestore(const std::vector<Lot>& taken,
                                             Points before, Points points);

// When points earned at `at` expire that live `days` days: at the end of the
// day on which the last of them ends, in `zone`, so that lots of a day are one.
[[nodiscard]] absl::Time EndOfDayAfter(absl::Time at, int days,
                                       absl::TimeZone zone);

}  // namespace pistis

#endif  // PISTIS_ENGINE_LEDGER_ACCOUNT_H_
