#include "engine/ledger/account.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

absl::Time Day(int day) {
  return absl::UnixEpoch() + absl::Hours(24) * day;
}

// Lots as (day of expiry, points).
std::vector<std::pair<int64_t, int64_t>> LotsOf(const std::vector<Lot>& lots) {
  std::vector<std::pair<int64_t, int64_t>> shown;
  shown.reserve(lots.size());
  for (const Lot& lot : lots) {
    shown.emplace_back((lot.expire - absl::UnixEpoch()) / absl::Hours(24),
                       lot.points.value());
  }
  return shown;
}

int64_t Leg(const LedgerEntry& entry, LedgerAccount account) {
  int64_t sum = 0;
  for (const Posting& posting : entry.postings) {
    if (posting.account == account) sum += posting.points.value();
  }
  return sum;
}

// An account with one lot per (day of expiry, points), earned on day 0.
Account AccountWith(const std::vector<std::pair<int, int64_t>>& lots) {
  Account account;
  for (const auto& [day, points] : lots) {
    EXPECT_TRUE(account.Earn(Points(points), Day(day), Day(0)).ok());
  }
  return account;
}

// An account that owes `points`.
Account AccountOwing(int64_t points) {
  Account account;
  account.TakeBack({.points = Points(points), .lot_expire = Day(9)}, Day(0));
  return account;
}

TEST(AccountTest, ANewAccountIsEmpty) {
  const Account account;
  EXPECT_EQ(account.available(), Points());
  EXPECT_EQ(account.entries(), 0);
  EXPECT_THAT(account.lots(), IsEmpty());
}

TEST(AccountTest, LotsOfTheSameExpiryAreOneAndSortedByExpiry) {
  const Account account = AccountWith({{20, 5}, {10, 1}, {20, 7}, {15, 2}});
  EXPECT_THAT(LotsOf(account.lots()),
              ElementsAre(Pair(10, 1), Pair(15, 2), Pair(20, 12)));
  EXPECT_EQ(account.available(), Points(15));
}

TEST(AccountTest, EarnedPointsComeFromTheProgramsIssue) {
  Account account;
  const LedgerEntry entry = *account.Earn(Points(30), Day(10), Day(1));
  EXPECT_EQ(entry.kind, EntryKind::kEarn);
  EXPECT_EQ(entry.number, 1);
  EXPECT_EQ(entry.effective, Day(1));
  EXPECT_EQ(entry.available_after, Points(30));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 30);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramIssued), -30);
  EXPECT_THAT(LotsOf(entry.lots), ElementsAre(Pair(10, 30)));
}

TEST(AccountTest, RedeemSpendsSoonestToExpireFirst) {
  Account account = AccountWith({{30, 10}, {10, 10}, {20, 10}});
  const LedgerEntry entry = *account.Redeem(Points(15), Day(1));
  EXPECT_THAT(LotsOf(entry.lots), ElementsAre(Pair(10, -10), Pair(20, -5)));
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(20, 5), Pair(30, 10)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -15);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramRedeemed), 15);
  EXPECT_EQ(entry.available_after, Points(15));
}

TEST(AccountTest, PointsThatNeverExpireAreSpentLast) {
  Account account;
  ASSERT_TRUE(account.Earn(Points(10), absl::InfiniteFuture(), Day(0)).ok());
  ASSERT_TRUE(account.Earn(Points(10), Day(1000), Day(0)).ok());
  const LedgerEntry entry = *account.Redeem(Points(10), Day(1));
  EXPECT_THAT(LotsOf(entry.lots), ElementsAre(Pair(1000, -10)));
  EXPECT_THAT(account.AdvanceTo(Day(1'000'000)), IsEmpty());
  EXPECT_EQ(account.available(), Points(10));
}

TEST(AccountTest, TheWholeBalanceCanBeSpentAndNotOnePointMore) {
  Account account = AccountWith({{10, 10}, {20, 10}});
  const absl::Status refused = account.Redeem(Points(21), Day(1)).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kInsufficientPoints);
  EXPECT_EQ(account.available(), Points(20));
  EXPECT_EQ(account.entries(), 2);
  EXPECT_TRUE(account.Redeem(Points(20), Day(1)).ok());
  EXPECT_THAT(account.lots(), IsEmpty());
}

TEST(AccountTest, AnAccountThatOwesCanSpendNothing) {
  Account account = AccountOwing(5);
  EXPECT_EQ(ReasonOf(account.Redeem(Points(1), Day(1)).status()),
            Reason::kInsufficientPoints);
}

TEST(AccountTest, ALotExpiresOnTheStrokeAndNotBefore) {
  Account account = AccountWith({{10, 5}});
  EXPECT_THAT(account.AdvanceTo(Day(10) - absl::Microseconds(1)), IsEmpty());
  EXPECT_EQ(account.available(), Points(5));
  EXPECT_EQ(account.AdvanceTo(Day(10)).size(), 1U);
  EXPECT_EQ(account.available(), Points());
}

TEST(AccountTest, EachLotExpiresByItsOwnEntryAtItsOwnTime) {
  Account account = AccountWith({{10, 5}, {11, 6}, {30, 7}});
  const std::vector<LedgerEntry> entries = account.AdvanceTo(Day(20));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].effective, Day(10));
  EXPECT_EQ(entries[0].number, 4);
  EXPECT_EQ(entries[0].available_after, Points(13));
  EXPECT_EQ(entries[1].effective, Day(11));
  EXPECT_EQ(entries[1].number, 5);
  EXPECT_EQ(entries[1].available_after, Points(7));
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(30, 7)));
}

TEST(AccountTest, ExpiredPointsGoToTheProgramAndAreRemovedOnce) {
  Account account = AccountWith({{10, 5}, {30, 7}});
  const std::vector<LedgerEntry> entries = account.AdvanceTo(Day(20));
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, EntryKind::kExpire);
  EXPECT_THAT(LotsOf(entries[0].lots), ElementsAre(Pair(10, -5)));
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kMemberAvailable), -5);
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kProgramExpired), 5);
  EXPECT_EQ(account.latest(), Day(20));
  EXPECT_THAT(account.AdvanceTo(Day(20)), IsEmpty());
}

TEST(AccountTest, TimeNeverRunsBack) {
  Account account;
  account.AdvanceTo(Day(5));
  EXPECT_EQ(account.EffectiveTime(Day(3)), Day(5));
  EXPECT_EQ(account.EffectiveTime(Day(7)), Day(7));
  account.AdvanceTo(Day(3));
  EXPECT_EQ(account.latest(), Day(5));
}

TEST(AccountTest, EarningFillsADeficitFirst) {
  Account account = AccountOwing(8);
  EXPECT_EQ(account.available(), Points(-8));
  LedgerEntry entry = *account.Earn(Points(5), Day(20), Day(1));
  EXPECT_EQ(entry.available_after, Points(-3));
  EXPECT_THAT(entry.lots, IsEmpty());
  EXPECT_THAT(account.lots(), IsEmpty());
  entry = *account.Earn(Points(5), Day(20), Day(1));
  EXPECT_EQ(account.deficit(), Points());
  EXPECT_THAT(LotsOf(entry.lots), ElementsAre(Pair(20, 2)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 5);
}

TEST(AccountTest, ABalanceAboveTheLargestIsRefusedAndNothingChanges) {
  Account account({{Day(10), kMaxBalance - Points(1)}}, Points(), 1, Day(0));
  const absl::Status by_one = account.Earn(Points(2), Day(10), Day(0)).status();
  const absl::Status by_far =
      account.Earn(Points(INT64_MAX), Day(10), Day(0)).status();
  EXPECT_EQ(ReasonOf(by_one), Reason::kPointsOverflow);
  EXPECT_EQ(ReasonOf(by_far), Reason::kPointsOverflow);
  EXPECT_EQ(account.entries(), 1);
  EXPECT_EQ(account.available(), kMaxBalance - Points(1));
}

TEST(AccountTest, TheLargestBalanceCanBeReached) {
  Account account({{Day(10), kMaxBalance - Points(1)}}, Points(), 1, Day(0));
  EXPECT_TRUE(account.Earn(Points(1), Day(20), Day(0)).ok());
  EXPECT_EQ(account.available(), kMaxBalance);
}

TEST(ClawBackTest, TakesFromItsOwnLotThenFromTheSoonestToExpire) {
  Account account = AccountWith({{10, 5}, {20, 5}, {30, 5}});
  const ClawedBack taken =
      account.TakeBack({.points = Points(11), .lot_expire = Day(30)}, Day(1));
  ASSERT_TRUE(taken.entry.has_value());
  EXPECT_EQ(taken.entry->kind, EntryKind::kClawBack);
  EXPECT_THAT(LotsOf(taken.entry->lots),
              ElementsAre(Pair(30, -5), Pair(10, -5), Pair(20, -1)));
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(20, 4)));
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -11);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramIssued), 11);
  EXPECT_EQ(taken.entry->available_after, Points(4));
}

TEST(ClawBackTest, LeavesTheRestOfItsOwnLot) {
  Account account = AccountWith({{10, 5}, {20, 5}});
  account.TakeBack({.points = Points(2), .lot_expire = Day(20)}, Day(1));
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(10, 5), Pair(20, 3)));
}

TEST(ClawBackTest, WhatIsMissingIsOwed) {
  Account account = AccountWith({{10, 5}});
  const ClawedBack taken =
      account.TakeBack({.points = Points(8), .lot_expire = Day(10)}, Day(1));
  EXPECT_EQ(account.available(), Points(-3));
  EXPECT_EQ(account.deficit(), Points(3));
  EXPECT_EQ(taken.entry->available_after, Points(-3));
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -8);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramForgiven), 0);
}

TEST(ClawBackTest, OrWhatIsMissingIsForgiven) {
  Account account = AccountWith({{10, 5}});
  const ClawedBack taken = account.TakeBack(
      {.points = Points(8), .lot_expire = Day(10), .forgive_shortfall = true},
      Day(1));
  EXPECT_EQ(account.available(), Points());
  EXPECT_EQ(account.deficit(), Points());
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -5);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramIssued), 8);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramForgiven), -3);
}

TEST(ClawBackTest, PointsThatExpiredAreNotTakenTwice) {
  Account account = AccountWith({{10, 5}, {30, 100}});
  account.AdvanceTo(Day(20));
  const ClawedBack taken = account.TakeBack({.points = Points(8),
                                             .lot_expire = Day(10),
                                             .expired_uncounted = Points(5)},
                                            Day(20));
  EXPECT_EQ(taken.counted_expired, Points(5));
  EXPECT_EQ(account.available(), Points(97));
}

TEST(ClawBackTest, OnlyAsManyExpiredPointsAreCountedAsAreTakenBack) {
  Account account = AccountWith({{30, 100}});
  const ClawedBack taken = account.TakeBack({.points = Points(3),
                                             .lot_expire = Day(10),
                                             .expired_uncounted = Points(5)},
                                            Day(20));
  EXPECT_EQ(taken.counted_expired, Points(3));
  EXPECT_FALSE(taken.entry.has_value());
  EXPECT_EQ(account.entries(), 1);
  EXPECT_EQ(account.available(), Points(100));
}

TEST(RestoreTest, PointsGoBackToTheLotsTheyCameFrom) {
  Account account = AccountWith({{10, 5}, {20, 5}});
  ASSERT_TRUE(account.Redeem(Points(8), Day(1)).ok());
  const LedgerEntry entry = account.Restore(
      {{Day(20), Points(3)}, {Day(10), Points(5)}}, Day(99), Day(2));
  EXPECT_EQ(entry.kind, EntryKind::kRestore);
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(10, 5), Pair(20, 5)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 8);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramRedeemed), -8);
  EXPECT_EQ(entry.available_after, Points(10));
}

TEST(RestoreTest, WhatExpiredSinceLivesUntilTheGraceEndsAlsoOnTheStroke) {
  Account account;
  const LedgerEntry entry = account.Restore(
      {{Day(12), Points(1)}, {Day(10), Points(2)}, {Day(9), Points(4)}},
      Day(40), Day(10));
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(12, 1), Pair(40, 6)));
  EXPECT_EQ(entry.available_after, Points(7));
}

TEST(RestoreTest, ADeficitIsFilledFirst) {
  Account account = AccountOwing(4);
  const LedgerEntry entry = account.Restore(
      {{Day(20), Points(3)}, {Day(10), Points(5)}}, Day(99), Day(2));
  EXPECT_EQ(account.deficit(), Points());
  EXPECT_THAT(LotsOf(account.lots()), ElementsAre(Pair(10, 4)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 8);
  EXPECT_EQ(entry.available_after, Points(4));
}

TEST(LotsToRestoreTest, WhatWasTakenLastComesBackFirst) {
  const std::vector<Lot> taken = {
      {Day(10), Points(5)}, {Day(20), Points(5)}, {Day(30), Points(5)}};
  EXPECT_THAT(LotsOf(LotsToRestore(taken, Points(), Points(7))),
              ElementsAre(Pair(30, 5), Pair(20, 2)));
  EXPECT_THAT(LotsOf(LotsToRestore(taken, Points(7), Points(4))),
              ElementsAre(Pair(20, 3), Pair(10, 1)));
  EXPECT_THAT(LotsOf(LotsToRestore(taken, Points(11), Points(4))),
              ElementsAre(Pair(10, 4)));
  EXPECT_THAT(LotsToRestore(taken, Points(7), Points()), IsEmpty());
}

TEST(EndOfDayAfterTest, IsTheEndOfTheDayOnWhichTheLastDayEnds) {
  absl::TimeZone athens;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Athens", &athens));
  const absl::Time morning =
      absl::FromCivil(absl::CivilHour(2026, 3, 27, 9), athens);
  const absl::Time midnight =
      absl::FromCivil(absl::CivilDay(2026, 3, 29), athens);
  EXPECT_EQ(EndOfDayAfter(morning, 1, athens), midnight);
  // Lots of a day are one, and a day that summer time shortens is a day.
  EXPECT_EQ(EndOfDayAfter(morning + absl::Hours(14), 1, athens), midnight);
  EXPECT_EQ(EndOfDayAfter(morning, 2, athens), midnight + absl::Hours(23));
}

TEST(EndOfDayAfterTest, CountsDaysInTheProgramsZone) {
  const absl::Time late = absl::UnixEpoch() + absl::Hours(23);
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::TimeZone east = absl::FixedTimeZone(2 * 60 * 60);
  EXPECT_EQ(EndOfDayAfter(late, 1, utc), Day(2));
  EXPECT_EQ(EndOfDayAfter(late, 1, east), Day(3) - absl::Hours(2));
}

}  // namespace
}  // namespace pistis
