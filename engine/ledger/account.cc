#include "engine/ledger/account.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

#include "engine/base/refusal.h"

namespace pistis {

Account::Account(std::vector<Lot> lots, Points deficit, int64_t entries,
                 absl::Time latest)
    : lots_(std::move(lots)),
      deficit_(deficit),
      entries_(entries),
      latest_(latest) {}

Points Account::available() const {
  Points sum = -deficit_;
  for (const Lot& lot : lots_)
    sum += lot.points;
  return sum;
}

absl::Time Account::EffectiveTime(absl::Time at) const {
  return std::max(at, latest_);
}

LedgerEntry Account::NewEntry(EntryKind kind, absl::Time at) {
  LedgerEntry entry;
  entry.number = ++entries_;
  entry.kind = kind;
  entry.effective = at;
  return entry;
}

void Account::DropEmptyLots() {
  lots_.erase(
      std::remove_if(lots_.begin(), lots_.end(),
                     [](const Lot& lot) { return lot.points.is_zero(); }),
      lots_.end());
}

std::vector<LedgerEntry> Account::AdvanceTo(absl::Time at) {
  std::vector<LedgerEntry> entries;
  size_t due = 0;
  Points left = available();
  for (; due < lots_.size() && lots_[due].expire <= at &&
         lots_[due].expire != absl::InfiniteFuture();
       ++due) {
    const Lot& lot = lots_[due];
    LedgerEntry entry = NewEntry(EntryKind::kExpire, lot.expire);
    left -= lot.points;
    entry.postings = {{LedgerAccount::kMemberAvailable, -lot.points},
                      {LedgerAccount::kProgramExpired, lot.points}};
    entry.lots = {{lot.expire, -lot.points}};
    entry.available_after = left;
    entries.push_back(std::move(entry));
  }
  lots_.erase(lots_.begin(), lots_.begin() + static_cast<ptrdiff_t>(due));
  latest_ = EffectiveTime(at);
  return entries;
}

void Account::Add(Lot lot, LedgerEntry& entry) {
  const Points filled = std::min(deficit_, lot.points);
  deficit_ -= filled;
  lot.points -= filled;
  if (lot.points.is_zero()) return;
  entry.lots.push_back(lot);
  const auto at = std::lower_bound(
      lots_.begin(), lots_.end(), lot.expire,
      [](const Lot& a, absl::Time expire) { return a.expire < expire; });
  if (at != lots_.end() && at->expire == lot.expire) {
    at->points += lot.points;
  } else {
    lots_.insert(at, lot);
  }
}

Points Account::TakeFrom(size_t index, Points points, LedgerEntry& entry) {
  Lot& lot = lots_[index];
  const Points taken = std::min(lot.points, points);
  if (taken.is_zero()) return taken;
  lot.points -= taken;
  entry.lots.push_back({lot.expire, -taken});
  return taken;
}

absl::StatusOr<LedgerEntry> Account::Earn(Points points, absl::Time expire,
                                          absl::Time at) {
  const std::optional<Points> sum = available().CheckedAdd(points);
  if (!sum || *sum > kMaxBalance) {
    return Refuse(
        Reason::kPointsOverflow,
        absl::StrCat("the balance would pass ", kMaxBalance.value(), " points"),
        {{"available", absl::StrCat(available().value())},
         {"points", absl::StrCat(points.value())}});
  }
  LedgerEntry entry = NewEntry(EntryKind::kEarn, at);
  Add({expire, points}, entry);
  entry.postings = {{LedgerAccount::kMemberAvailable, points},
                    {LedgerAccount::kProgramIssued, -points}};
  entry.available_after = available();
  return entry;
}

absl::StatusOr<LedgerEntry> Account::Redeem(Points points, absl::Time at) {
  if (available() < points) {
    return Refuse(
        Reason::kInsufficientPoints,
        absl::StrCat("the member has ", available().value(),
                     " points available, ", points.value(), " are asked for"),
        {{"available", absl::StrCat(available().value())},
         {"requested", absl::StrCat(points.value())}});
  }
  LedgerEntry entry = NewEntry(EntryKind::kRedeem, at);
  Points left = points;
  for (size_t i = 0; left.is_positive(); ++i)
    left -= TakeFrom(i, left, entry);
  DropEmptyLots();
  entry.postings = {{LedgerAccount::kMemberAvailable, -points},
                    {LedgerAccount::kProgramRedeemed, points}};
  entry.available_after = available();
  return entry;
}

ClawedBack Account::TakeBack(const ClawBack& claw_back, absl::Time at) {
  ClawedBack outcome;
  outcome.counted_expired =
      std::min(claw_back.points, claw_back.expired_uncounted);
  const Points wanted = claw_back.points - outcome.counted_expired;
  if (wanted.is_zero()) return outcome;
  LedgerEntry entry = NewEntry(EntryKind::kClawBack, at);
  Points left = wanted;
  for (size_t i = 0; i < lots_.size(); ++i) {
    if (lots_[i].expire == claw_back.lot_expire) {
      left -= TakeFrom(i, left, entry);
    }
  }
  for (size_t i = 0; i < lots_.size() && left.is_positive(); ++i) {
    left -= TakeFrom(i, left, entry);
  }
  DropEmptyLots();
  Points forgiven;
  if (claw_back.forgive_shortfall) {
    forgiven = left;
  } else {
    deficit_ += left;
  }
  entry.postings = {{LedgerAccount::kMemberAvailable, forgiven - wanted},
                    {LedgerAccount::kProgramIssued, wanted}};
  if (!forgiven.is_zero()) {
    entry.postings.push_back({LedgerAccount::kProgramForgiven, -forgiven});
  }
  entry.available_after = available();
  outcome.entry = std::move(entry);
  return outcome;
}

LedgerEntry Account::Restore(const std::vector<Lot>& lots,
                             absl::Time grace_expire, absl::Time at) {
  LedgerEntry entry = NewEntry(EntryKind::kRestore, at);
  Points restored;
  for (const Lot& lot : lots) {
    restored += lot.points;
    Add({lot.expire > at ? lot.expire : grace_expire, lot.points}, entry);
  }
  entry.postings = {{LedgerAccount::kMemberAvailable, restored},
                    {LedgerAccount::kProgramRedeemed, -restored}};
  entry.available_after = available();
  return entry;
}

std::vector<Lot> LotsToRestore(const std::vector<Lot>& taken, Points before,
                               Points points) {
  std::vector<Lot> lots;
  for (auto lot = taken.rbegin(); lot != taken.rend(); ++lot) {
    const Points skipped = std::min(before, lot->points);
    before -= skipped;
    const Points given = std::min(points, lot->points - skipped);
    points -= given;
    if (given.is_positive()) lots.push_back({lot->expire, given});
  }
  return lots;
}

absl::Time EndOfDayAfter(absl::Time at, int days, absl::TimeZone zone) {
  return absl::FromCivil(absl::ToCivilDay(at, zone) + days + 1, zone);
}

}  // namespace pistis
