// Random commands: the account and a naive model must agree, and the books must
// balance after each of them.
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/ledger/account.h"
#include "rapidcheck/gtest.h"

namespace pistis {
namespace {

absl::Time Day(int64_t day) {
  return absl::UnixEpoch() + absl::Hours(24) * day;
}

// Every point by itself, with its expiry.
class Model {
 public:
  [[nodiscard]] int64_t available() const {
    return static_cast<int64_t>(points_.size()) - owed_;
  }
  [[nodiscard]] int64_t owed() const { return owed_; }
  [[nodiscard]] const std::multiset<absl::Time>& points() const {
    return points_;
  }
  // What lies in the program's accounts.
  [[nodiscard]] const std::map<LedgerAccount, int64_t>& program() const {
    return program_;
  }

  void Expire(absl::Time at) {
    while (!points_.empty() && *points_.begin() <= at) {
      points_.erase(points_.begin());
      ++program_[LedgerAccount::kProgramExpired];
    }
  }

  void Earn(int64_t count, absl::Time expire) {
    for (int64_t i = 0; i < count; ++i)
      Give(expire);
    program_[LedgerAccount::kProgramIssued] -= count;
  }

  bool Redeem(int64_t count) {
    if (available() < count) return false;
    for (int64_t i = 0; i < count; ++i)
      points_.erase(points_.begin());
    program_[LedgerAccount::kProgramRedeemed] += count;
    return true;
  }

  void TakeBack(const ClawBack& claw_back) {
    const int64_t count =
        claw_back.points.value() - claw_back.expired_uncounted.value();
    for (int64_t i = 0; i < count; ++i) {
      ++program_[LedgerAccount::kProgramIssued];
      const auto own = points_.find(claw_back.lot_expire);
      if (own != points_.end()) {
        points_.erase(own);
      } else if (!points_.empty()) {
        points_.erase(points_.begin());
      } else if (claw_back.forgive_shortfall) {
        --program_[LedgerAccount::kProgramForgiven];
      } else {
        ++owed_;
      }
    }
  }

  void Restore(const std::vector<Lot>& lots, absl::Time grace, absl::Time at) {
    for (const Lot& lot : lots) {
      const absl::Time expire = lot.expire > at ? lot.expire : grace;
      for (int64_t i = 0; i < lot.points.value(); ++i)
        Give(expire);
      program_[LedgerAccount::kProgramRedeemed] -= lot.points.value();
    }
  }

 private:
  void Give(absl::Time expire) {
    if (owed_ > 0) {
      --owed_;
    } else {
      points_.insert(expire);
    }
  }

  std::multiset<absl::Time> points_;
  int64_t owed_ = 0;
  std::map<LedgerAccount, int64_t> program_;
};

// A redemption, and how much of it has been given back.
struct Redemption {
  std::vector<Lot> taken;
  Points points;
  Points restored;
};

// Runs commands on the account and on the model, and audits both.
class Run {
 public:
  void Step() {
    const int64_t days = *rc::gen::element<int64_t>(0, 0, 1, 3);
    now_ = now_ + absl::Hours(24) * days;
    for (const LedgerEntry& entry : account_.AdvanceTo(now_))
      Note(entry);
    model_.Expire(now_);
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        Earn();
        break;
      case 1:
        Redeem();
        break;
      case 2:
        TakeBack();
        break;
      case 3:
        Restore();
        break;
    }
    Audit();
    // What is stored and read back is the same account.
    account_ = Account(account_.lots(), account_.deficit(), account_.entries(),
                       account_.latest());
  }

 private:
  [[nodiscard]] absl::Time AnyExpiry() const {
    const int64_t days = *rc::gen::inRange<int64_t>(0, 8);
    return days == 0 ? absl::InfiniteFuture() : now_ + absl::Hours(24) * days;
  }

  void Earn() {
    const int64_t points = *rc::gen::inRange<int64_t>(1, 30);
    const absl::Time expire = AnyExpiry();
    const absl::StatusOr<LedgerEntry> entry =
        account_.Earn(Points(points), expire, now_);
    RC_ASSERT(entry.ok());
    Note(*entry);
    model_.Earn(points, expire);
    earned_.push_back(expire);
  }

  void Redeem() {
    const int64_t points = *rc::gen::inRange<int64_t>(1, 40);
    const absl::StatusOr<LedgerEntry> entry =
        account_.Redeem(Points(points), now_);
    RC_ASSERT(entry.ok() == model_.Redeem(points));
    if (!entry.ok()) {
      RC_ASSERT(ReasonOf(entry.status()) == Reason::kInsufficientPoints);
      return;
    }
    Note(*entry);
    Redemption redemption{.taken = {}, .points = Points(points)};
    for (const Lot& lot : entry->lots) {
      redemption.taken.push_back({lot.expire, -lot.points});
    }
    redemptions_.push_back(redemption);
  }

  void TakeBack() {
    if (earned_.empty()) return;
    ClawBack claw_back{.points = Points(*rc::gen::inRange<int64_t>(1, 40)),
                       .lot_expire = *rc::gen::elementOf(earned_)};
    claw_back.forgive_shortfall = *rc::gen::arbitrary<bool>();
    if (claw_back.lot_expire <= now_) {
      claw_back.expired_uncounted =
          Points(*rc::gen::inRange<int64_t>(0, claw_back.points.value() + 1));
    }
    const ClawedBack taken = account_.TakeBack(claw_back, now_);
    RC_ASSERT(taken.counted_expired == claw_back.expired_uncounted);
    RC_ASSERT(taken.entry.has_value() ==
              (claw_back.points > claw_back.expired_uncounted));
    if (taken.entry) Note(*taken.entry);
    model_.TakeBack(claw_back);
  }

  void Restore() {
    if (redemptions_.empty()) return;
    const size_t index = *rc::gen::inRange<size_t>(0, redemptions_.size());
    Redemption& redemption = redemptions_[index];
    const Points left = redemption.points - redemption.restored;
    if (!left.is_positive()) return;
    const Points points(*rc::gen::inRange<int64_t>(1, left.value() + 1));
    const std::vector<Lot> lots =
        LotsToRestore(redemption.taken, redemption.restored, points);
    redemption.restored += points;
    const absl::Time grace = now_ + absl::Hours(24) * 5;
    Note(account_.Restore(lots, grace, now_));
    model_.Restore(lots, grace, now_);
    Points given;
    for (const Lot& lot : lots)
      given += lot.points;
    RC_ASSERT(given == points);
  }

  // Every entry balances, follows its predecessor, and explains the balance.
  void Note(const LedgerEntry& entry) {
    RC_ASSERT(entry.number == ++entries_);
    RC_ASSERT(entry.effective >= latest_entry_);
    RC_ASSERT(entry.effective <= now_);
    latest_entry_ = entry.effective;
    Points sum;
    for (const Posting& posting : entry.postings) {
      sum += posting.points;
      books_[posting.account] += posting.points.value();
    }
    RC_ASSERT(sum == Points());
    RC_ASSERT(entry.available_after.value() ==
              books_[LedgerAccount::kMemberAvailable]);
    for (const Lot& lot : entry.lots) {
      RC_ASSERT(!lot.points.is_zero());
      lots_by_entries_[lot.expire] += lot.points.value();
    }
  }

  void Audit() {
    AuditLots();
    RC_ASSERT(account_.entries() == entries_);
    RC_ASSERT(account_.latest() == now_);
    RC_ASSERT(account_.deficit().value() == model_.owed());
    RC_ASSERT(account_.available().value() == model_.available());
    RC_ASSERT(books_[LedgerAccount::kMemberAvailable] == model_.available());
    for (const auto& [account, points] : model_.program()) {
      RC_ASSERT(books_[account] == points);
    }
  }

  void AuditLots() {
    std::multiset<absl::Time> points;
    Points sum = -account_.deficit();
    absl::Time earlier = absl::InfinitePast();
    for (const Lot& lot : account_.lots()) {
      RC_ASSERT(lot.points.is_positive());
      RC_ASSERT(lot.expire > earlier);
      RC_ASSERT(lot.expire > now_);
      RC_ASSERT(lots_by_entries_[lot.expire] == lot.points.value());
      earlier = lot.expire;
      sum += lot.points;
      for (int64_t i = 0; i < lot.points.value(); ++i)
        points.insert(lot.expire);
    }
    RC_ASSERT(sum == account_.available());
    RC_ASSERT(points == model_.points());
    RC_ASSERT(account_.deficit().is_zero() || account_.lots().empty());
  }

  Account account_;
  Model model_;
  absl::Time now_ = Day(0);
  absl::Time latest_entry_ = absl::InfinitePast();
  int64_t entries_ = 0;
  std::map<LedgerAccount, int64_t> books_;
  std::map<absl::Time, int64_t> lots_by_entries_;
  std::vector<absl::Time> earned_;
  std::vector<Redemption> redemptions_;
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
    const Points points(*rc::gen::inRange<int64_t>(1, 20));
    taken.push_back({Day(i), points});
    open[Day(i)] = points.value();
    whole += points;
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
