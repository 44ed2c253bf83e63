// Random commands: the account and a naive ledger must agree on every refusal
// and on every point, and the entries must explain the account, after each.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/ledger/account.h"
#include "engine/ledger/account_builders_test.h"
#include "engine/ledger/heap_test.h"
#include "engine/ledger/naive_ledger_test.h"
#include "rapidcheck/gtest.h"

namespace pistis {
namespace {

constexpr int kGraceDays = 4;

Naive OutcomeOf(const absl::Status& status) {
  if (status.ok()) return Naive::kDone;
  const auto reason = ReasonOf(status);
  if (reason == Reason::kInsufficientPoints) return Naive::kTooFew;
  if (reason == Reason::kHoldNotOpen) return Naive::kNoHold;
  RC_ASSERT(reason == Reason::kAlreadyExists);
  return Naive::kTaken;
}

// Runs commands on the account and on the naive ledger, and audits both.
class Run {
 public:
  void Step() {
    Advance();
    const AccountState before = account_.state();
    switch (*rc::gen::inRange(0, 11)) {
      case 0:
      case 1:
        Earn();
        break;
      case 2:
        Redeem();
        break;
      case 3:
        Hold();
        break;
      case 4:
        Capture();
        break;
      case 5:
        Release();
        break;
      case 6:
        Adjust();
        break;
      case 7:
        Transfer();
        break;
      case 8:
        Reverse();
        break;
      case 9:
        TakeBack();
        break;
      case 10:
        Restore();
        break;
    }
    if (account_.state().entries == before.entries) {
      RC_ASSERT(Shown(account_.state()) == Shown(before));
    }
    Audit();
    // What is stored and read back is the same account.
    account_ = Account(account_.state());
  }

 private:
  // An earlier command that can be reversed or given back.
  struct Past {
    LedgerEntry entry;
    NaiveDeed deed;
    int64_t restored = 0;
    bool undone = false;
  };

  [[nodiscard]] static int64_t AnyPoints() {
    return *rc::gen::inRange<int64_t>(1, 30);
  }
  [[nodiscard]] absl::Time InDays(int from, int to) const {
    return now_ + absl::Hours(24) * *rc::gen::inRange(from, to);
  }
  [[nodiscard]] absl::Time Grace() const {
    return now_ + absl::Hours(24) * (kGraceDays + 1);
  }
  // Where points go that are given now.
  [[nodiscard]] Chunk Fresh() const {
    return {.expire = now_ + absl::Hours(24) * 5, .idle = true};
  }
  [[nodiscard]] LotTerms AnyTerms() const {
    LotTerms terms{.grace_expire = Grace(), .fresh = LotOf(Fresh())};
    if (*rc::gen::arbitrary<bool>()) terms.idle_expire = InDays(2, 7);
    return terms;
  }
  [[nodiscard]] Chunk AnyChunk() const {
    Chunk chunk{.points = AnyPoints(), .expire = InDays(1, 8)};
    const int kind = *rc::gen::inRange(0, 8);
    chunk.idle = kind < 3;
    if (kind == 7) chunk.expire = absl::InfiniteFuture();
    return chunk;
  }
  [[nodiscard]] static std::string AnyHold() {
    return *rc::gen::element<std::string>("a", "b", "c");
  }
  // One of those that match, or null.
  template <typename Match>
  Past* AnyPast(Match match) {
    std::vector<Past*> matching;
    for (Past& past : past_)
      if (match(past)) matching.push_back(&past);
    // A shrunk run replays the number, though there may be fewer then.
    const auto any = *rc::gen::inRange<size_t>(0, 1000);
    return matching.empty() ? nullptr : matching[any % matching.size()];
  }

  void Advance() {
    now_ += absl::Hours(24) * *rc::gen::element(0, 0, 1, 3);
    const absl::Time due = account_.NextDue();
    const Account::DueTerms terms{kGraceDays, absl::UTCTimeZone()};
    if (due > account_.state().latest) {
      Account copy = account_;
      RC_ASSERT(copy.AdvanceTo(due - absl::Microseconds(1), terms).empty());
      if (due != absl::InfiniteFuture()) {
        RC_ASSERT(!copy.AdvanceTo(due, terms).empty());
        RC_ASSERT(copy.NextDue() > due);
      }
    }
    for (const LedgerEntry& entry : account_.AdvanceTo(now_, terms))
      Note(entry);
    naive_.Advance(now_, kGraceDays);
    RC_ASSERT(account_.NextDue() > now_);
  }

  void Earn() {
    Chunk chunk = AnyChunk();
    const LotTerms terms = AnyTerms();
    if (*rc::gen::arbitrary<bool>()) chunk.release = InDays(1, 5);
    const AccountState before = account_.state();
    const LedgerEntry entry =
        *account_.Earn(LotOf(chunk), chunk.release, now_, terms);
    Keep(entry, naive_.Earn(chunk, terms.idle_expire), before);
  }

  void Redeem() {
    const int64_t points = AnyPoints();
    const LotTerms terms = AnyTerms();
    const AccountState before = account_.state();
    const auto entry = account_.Redeem(Points(points), now_, terms);
    KeepSpent(entry, naive_.Spend(points, terms.idle_expire), before);
  }

  void Hold() {
    const std::string id = AnyHold();
    const int64_t points = AnyPoints();
    const absl::Time expire = InDays(1, 6);
    const auto entry = account_.Hold(HoldId(id), Points(points), expire, now_);
    RC_ASSERT(OutcomeOf(entry.status()) == naive_.Hold(id, points, expire));
    if (entry.ok()) Note(*entry);
  }

  void Capture() {
    const std::string id = AnyHold();
    const int64_t points = AnyPoints();
    const LotTerms terms = AnyTerms();
    const auto entries =
        account_.CaptureHold(HoldId(id), Points(points), now_, terms);
    RC_ASSERT(OutcomeOf(entries.status()) ==
              naive_.Capture(id, points, Grace(), terms.idle_expire));
    if (!entries.ok()) return;
    for (const LedgerEntry& entry : *entries)
      Note(entry);
  }

  void Release() {
    const std::string id = AnyHold();
    const auto entry = account_.ReleaseHold(HoldId(id), now_, AnyTerms());
    RC_ASSERT(OutcomeOf(entry.status()) == naive_.Release(id, Grace()));
    if (entry.ok()) Note(*entry);
  }

  void Adjust() {
    const AccountState before = account_.state();
    const Chunk chunk = AnyChunk();
    const Points points(chunk.points);
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        Keep(*account_.AdjustUp(LotOf(chunk), now_), naive_.GiveAll({chunk}),
             before);
        break;
      case 1:
        Keep(*account_.AdjustDown(points, Shortfall::kOwe, now_),
             naive_.Take(chunk.points), before);
        break;
      case 2:
        KeepSpent(account_.AdjustDown(points, Shortfall::kRefuse, now_),
                  naive_.Spend(chunk.points), before);
        break;
    }
  }

  void Transfer() {
    const AccountState before = account_.state();
    if (*rc::gen::arbitrary<bool>()) {
      const int64_t points = AnyPoints();
      KeepSpent(account_.TransferOut(Points(points), now_),
                naive_.Spend(points), before);
      return;
    }
    std::vector<Chunk> chunks;
    std::vector<Lot> lots;
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) {
      chunks.push_back(AnyChunk());
      lots.push_back(LotOf(chunks.back()));
    }
    Keep(*account_.TransferIn(lots, now_), naive_.GiveAll(chunks), before);
  }

  void Reverse() {
    Past* past = AnyPast([](const Past& past) { return !past.undone; });
    if (past == nullptr) return;
    const auto entry = account_.Reverse(past->entry, now_, AnyTerms());
    RC_ASSERT(OutcomeOf(entry.status()) ==
              naive_.Reverse(past->deed, Grace(), Fresh()));
    if (!entry.ok()) return;
    past->undone = true;
    Note(*entry);
    RC_ASSERT(ReasonOf(account_.Reverse(*entry, now_, {}).status()) ==
              Reason::kEntryNotReversible);
  }

  void TakeBack() {
    const Past* past = AnyPast([](const Past& past) {
      return past.entry.kind == EntryKind::kEarn && !past.deed.gave.empty();
    });
    if (past == nullptr) return;
    const Chunk own = past->deed.gave[0];
    ClawBack claw_back{.points = Points(AnyPoints()),
                       .lot = LotOf(own),
                       .release = own.release};
    if (*rc::gen::arbitrary<bool>()) {
      claw_back.shortfall = RefundShortfall::kForgive;
    }
    if (own.expire <= now_) {
      claw_back.expired_uncounted =
          Points(*rc::gen::inRange<int64_t>(0, claw_back.points.value() + 1));
    }
    const Points wanted = claw_back.points - claw_back.expired_uncounted;
    const ClawedBack taken = account_.TakeBack(claw_back, now_);
    RC_ASSERT(taken.counted_expired == claw_back.expired_uncounted);
    RC_ASSERT(taken.entry.has_value() == wanted.is_positive());
    const int64_t missing = naive_.TakeBack(wanted.value(), own);
    naive_.owed += claw_back.shortfall == RefundShortfall::kNegative
                       ? missing
                       : std::min(missing, naive_.Held());
    if (taken.entry) Note(*taken.entry);
  }

  void Restore() {
    Past* past = AnyPast([](const Past& past) {
      return past.entry.kind == EntryKind::kRedeem && !past.undone &&
             past.restored < static_cast<int64_t>(past.deed.took.size());
    });
    if (past == nullptr) return;
    const auto whole = static_cast<int64_t>(past->deed.took.size());
    const int64_t points =
        *rc::gen::inRange<int64_t>(1, whole - past->restored + 1);
    const std::vector<Lot> lots = LotsToRestore(
        LotsTaken(past->entry), Points(past->restored), Points(points));
    Note(account_.Restore(lots, now_, AnyTerms()));
    for (int64_t i = 0; i < points; ++i) {
      const int64_t last = whole - 1 - past->restored++;
      naive_.GiveBack(past->deed.took[static_cast<size_t>(last)], Grace());
    }
  }

  void KeepSpent(const absl::StatusOr<LedgerEntry>& entry,
                 const std::optional<NaiveDeed>& deed,
                 const AccountState& before) {
    RC_ASSERT(entry.ok() == deed.has_value());
    if (entry.ok()) {
      Keep(*entry, *deed, before);
    } else {
      RC_ASSERT(ReasonOf(entry.status()) == Reason::kInsufficientPoints);
    }
  }

  // What was taken is what the naive ledger took, in that order; and to reverse
  // it at once leaves what was before it, but for what activity put off.
  void Keep(const LedgerEntry& entry, const NaiveDeed& deed,
            const AccountState& before) {
    Note(entry);
    std::vector<Lot> taken;
    for (const Chunk& chunk : deed.took) {
      const Lot lot = LotOf(chunk);
      if (!taken.empty() && IsSameLot(taken.back(), lot)) {
        taken.back().points += lot.points;
      } else {
        taken.push_back(lot);
      }
    }
    RC_ASSERT(LotsOf(LotsTaken(entry)) == LotsOf(taken));
    RC_ASSERT(std::is_sorted(taken.begin(), taken.end(), IsSpentBefore));
    Account copy = account_;
    RC_ASSERT(copy.Reverse(entry, now_, {}).ok());
    RC_ASSERT(copy.state().deficit == before.deficit);
    RC_ASSERT(HeapOf(copy.state(), IdleExpiry::kLeftOut) ==
              HeapOf(before, IdleExpiry::kLeftOut));
    past_.push_back({.entry = entry, .deed = deed});
  }

  // Every entry balances, follows its predecessor, and explains the balance.
  void Note(const LedgerEntry& entry) {
    RC_ASSERT(entry.number == ++entries_);
    RC_ASSERT(entry.effective >= latest_entry_);
    RC_ASSERT(entry.effective <= now_);
    latest_entry_ = entry.effective;
    Points sum;
    for (const Posting& posting : entry.postings) {
      RC_ASSERT(!posting.points.is_zero());
      sum += posting.points;
      books_[posting.account] += posting.points.value();
    }
    RC_ASSERT(sum == Points());
    RC_ASSERT(entry.available_after.value() ==
              books_[LedgerAccount::kMemberAvailable]);
    deficit_ += entry.deficit_change;
    for (const LotChange& change : entry.lots) {
      RC_ASSERT(!change.lot.points.is_zero());
      std::string place = "available";
      if (change.place == LotPlace::kPending) {
        place = PendingPlace(change.release);
      } else if (change.place == LotPlace::kHeld) {
        place = "held";
      }
      AddTo(by_entries_, place, change.lot, IdleExpiry::kShown);
    }
  }

  void Audit() {
    const AccountState& state = account_.state();
    RC_ASSERT(state.entries == entries_);
    RC_ASSERT(state.latest == now_);
    RC_ASSERT(state.deficit == deficit_);
    RC_ASSERT(state.deficit.value() == naive_.owed);
    RC_ASSERT(books_[LedgerAccount::kMemberAvailable] ==
              account_.available().value());
    RC_ASSERT(books_[LedgerAccount::kMemberPending] ==
              account_.pending().value());
    RC_ASSERT(books_[LedgerAccount::kMemberHeld] == account_.held().value());
    const Heap heap = HeapOf(state, IdleExpiry::kShown);
    RC_ASSERT(heap == HeapOf(naive_));
    AuditEntries(heap);
    AuditShape();
  }

  // The lot changes of all entries sum to what is there; entries do not say in
  // which hold.
  void AuditEntries(const Heap& heap) {
    Heap open = by_entries_;
    for (const auto& [key, points] : heap) {
      auto [place, kind, expire] = key;
      if (absl::StartsWith(place, "held ")) place = "held";
      open[{place, kind, expire}] -= points;
    }
    for (const auto& [key, points] : open)
      RC_ASSERT(points == 0);
  }

  // The invariants of the stored form.
  void AuditShape() {
    const AccountState& state = account_.state();
    if (!state.deficit.is_zero()) RC_ASSERT(state.lots.empty());
    RC_ASSERT(!state.deficit.is_negative());
    std::vector<Lot> all = state.lots;
    for (size_t i = 0; i < state.lots.size(); ++i) {
      RC_ASSERT(state.lots[i].expire > now_);
      if (i > 0) RC_ASSERT(IsSpentBefore(state.lots[i - 1], state.lots[i]));
    }
    for (size_t i = 0; i < state.pending.size(); ++i) {
      all.push_back(state.pending[i].lot);
      if (i == 0) continue;
      const PendingLot& last = state.pending[i - 1];
      const PendingLot& next = state.pending[i];
      RC_ASSERT(
          last.release < next.release ||
          (last.release == next.release && IsSpentBefore(last.lot, next.lot)));
    }
    for (const OpenHold& hold : state.holds)
      all.insert(all.end(), hold.lots.begin(), hold.lots.end());
    std::optional<absl::Time> idle;
    for (const Lot& lot : all) {
      RC_ASSERT(lot.points.is_positive());
      if (lot.kind != LotKind::kIdle) continue;
      RC_ASSERT(idle.value_or(lot.expire) == lot.expire);
      idle = lot.expire;
    }
  }

  Account account_;
  NaiveLedger naive_;
  absl::Time now_ = Day(0);
  absl::Time latest_entry_ = absl::InfinitePast();
  int64_t entries_ = 0;
  Points deficit_;
  std::map<LedgerAccount, int64_t> books_;
  Heap by_entries_;
  std::vector<Past> past_;
};

RC_GTEST_PROP(AccountModel, AgreesOnEverySequenceOfCommands, ()) {
  Run run;
  const int steps = *rc::gen::inRange(0, 60);
  for (int i = 0; i < steps; ++i)
    run.Step();
}

RC_GTEST_PROP(AccountModel, RestoresInPartsAreTheWholeRedemptionLotByLot, ()) {
  std::vector<Lot> taken;
  std::map<absl::Time, int64_t> open;
  Points whole;
  const int lots = *rc::gen::inRange(0, 6);
  for (int i = 0; i < lots; ++i) {
    taken.push_back(Fixed(i, *rc::gen::inRange<int64_t>(1, 20)));
    open[Day(i)] = taken.back().points.value();
    whole += taken.back().points;
  }
  Points before;
  absl::Time latest = absl::InfiniteFuture();
  while (before < whole) {
    const Points part(
        *rc::gen::inRange<int64_t>(1, (whole - before).value() + 1));
    for (const Lot& lot : LotsToRestore(taken, before, part)) {
      RC_ASSERT(lot.expire <= latest);
      latest = lot.expire;
      open[lot.expire] -= lot.points.value();
    }
    before += part;
  }
  for (const auto& [expire, points] : open)
    RC_ASSERT(points == 0);
}

}  // namespace
}  // namespace pistis
