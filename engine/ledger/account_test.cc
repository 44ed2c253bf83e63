// Points that come, go and expire.
#include "engine/ledger/account.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/ledger/account_builders_test.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(AccountTest, ANewAccountIsEmptyAndNothingFallsDue) {
  const Account account;
  EXPECT_EQ(account.available(), Points());
  EXPECT_EQ(account.pending(), Points());
  EXPECT_EQ(account.held(), Points());
  EXPECT_EQ(account.state().entries, 0);
  EXPECT_EQ(account.NextDue(), absl::InfiniteFuture());
}

TEST(AccountTest, LotsOfTheSameExpiryAreOneAndSortedByExpiry) {
  const Account account =
      AccountWith({Fixed(20, 5), Fixed(10, 1), Fixed(20, 7), Fixed(15, 2)});
  EXPECT_THAT(LotsOf(account),
              ElementsAre(Pair(10, 1), Pair(15, 2), Pair(20, 12)));
  EXPECT_EQ(account.available(), Points(15));
}

TEST(AccountTest, EarnedPointsComeFromTheProgramsIssue) {
  Account account;
  const LedgerEntry entry =
      *account.Earn(Fixed(10, 30), std::nullopt, Day(1), {});
  EXPECT_EQ(entry.kind, EntryKind::kEarn);
  EXPECT_EQ(entry.number, 1);
  EXPECT_EQ(entry.effective, Day(1));
  EXPECT_EQ(entry.available_after, Points(30));
  EXPECT_EQ(entry.postings.size(), 2U);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 30);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramIssued), -30);
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(10, 30)));
}

TEST(AccountTest, RedeemSpendsSoonestToExpireFirst) {
  Account account = AccountWith({Fixed(30, 10), Fixed(10, 10), Fixed(20, 10)});
  const LedgerEntry entry = *account.Redeem(Points(15), Day(1), {});
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(10, -10), Pair(20, -5)));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 5), Pair(30, 10)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -15);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramRedeemed), 15);
  EXPECT_EQ(entry.available_after, Points(15));
}

TEST(AccountTest, PointsThatNeverExpireAreSpentLast) {
  const Lot never{.expire = absl::InfiniteFuture(), .points = Points(10)};
  Account account = AccountWith({never, Fixed(1000, 10)});
  const LedgerEntry entry = *account.Redeem(Points(10), Day(1), {});
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(1000, -10)));
  EXPECT_EQ(account.NextDue(), absl::InfiniteFuture());
  EXPECT_THAT(account.AdvanceTo(Day(1'000'000), DueTerms()), IsEmpty());
  EXPECT_THAT(account.AdvanceTo(absl::InfiniteFuture(), DueTerms()), IsEmpty());
  EXPECT_EQ(account.available(), Points(10));
}

TEST(AccountTest, TheWholeBalanceCanBeSpentAndNotOnePointMore) {
  Account account = AccountWith({Fixed(10, 10), Fixed(20, 10)});
  const absl::Status refused = account.Redeem(Points(21), Day(1), {}).status();
  EXPECT_EQ(ReasonOf(refused), Reason::kInsufficientPoints);
  EXPECT_EQ(account.available(), Points(20));
  EXPECT_EQ(account.state().entries, 2);
  EXPECT_TRUE(account.Redeem(Points(20), Day(1), {}).ok());
  EXPECT_THAT(LotsOf(account), IsEmpty());
}

TEST(AccountTest, AnAccountThatOwesCanSpendSetAsideAndGiveNothing) {
  Account account = AccountOwing(5);
  EXPECT_EQ(ReasonOf(account.Redeem(Points(1), Day(1), {}).status()),
            Reason::kInsufficientPoints);
  EXPECT_EQ(ReasonOf(account.TransferOut(Points(1), Day(1)).status()),
            Reason::kInsufficientPoints);
  EXPECT_EQ(
      ReasonOf(account.Hold(HoldId("h"), Points(1), Day(2), Day(1)).status()),
      Reason::kInsufficientPoints);
}

TEST(AccountTest, EarningFillsADeficitFirst) {
  Account account = AccountOwing(8);
  EXPECT_EQ(account.available(), Points(-8));
  LedgerEntry entry = *account.Earn(Fixed(20, 5), std::nullopt, Day(1), {});
  EXPECT_EQ(entry.available_after, Points(-3));
  EXPECT_EQ(entry.deficit_change, Points(-5));
  EXPECT_THAT(LotsOf(entry), IsEmpty());
  EXPECT_THAT(LotsOf(account), IsEmpty());
  entry = *account.Earn(Fixed(20, 5), std::nullopt, Day(1), {});
  EXPECT_EQ(account.state().deficit, Points());
  EXPECT_EQ(entry.deficit_change, Points(-3));
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(20, 2)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 5);
}

TEST(PendingTest, PendingPointsAreCountedApartAndCannotBeSpent) {
  Account account;
  const LedgerEntry entry = *account.Earn(Fixed(40, 30), Day(14), Day(0), {});
  EXPECT_EQ(account.available(), Points());
  EXPECT_EQ(account.pending(), Points(30));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberPending), 30);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramIssued), -30);
  EXPECT_EQ(entry.available_after, Points());
  ASSERT_EQ(entry.lots.size(), 1U);
  EXPECT_EQ(entry.lots[0].place, LotPlace::kPending);
  EXPECT_EQ(entry.lots[0].release, Day(14));
  EXPECT_EQ(ReasonOf(account.Redeem(Points(1), Day(1), {}).status()),
            Reason::kInsufficientPoints);
}

TEST(PendingTest, ADaysPointsAreOneLotAndReleasedOnTheStroke) {
  Account account;
  ASSERT_TRUE(account.Earn(Fixed(40, 30), Day(14), Day(0), {}).ok());
  ASSERT_TRUE(account.Earn(Fixed(40, 5), Day(14), Day(0), {}).ok());
  ASSERT_EQ(account.state().pending.size(), 1U);
  EXPECT_EQ(account.NextDue(), Day(14));
  EXPECT_THAT(account.AdvanceTo(Day(14) - absl::Microseconds(1), DueTerms()),
              IsEmpty());
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(14), DueTerms());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, EntryKind::kRelease);
  EXPECT_EQ(entries[0].effective, Day(14));
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kMemberPending), -35);
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kMemberAvailable), 35);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(40, 35)));
  EXPECT_EQ(account.pending(), Points());
}

TEST(PendingTest, PendingPointsFillADeficitWhenTheyAreReleased) {
  Account account = AccountOwing(10);
  ASSERT_TRUE(account.Earn(Fixed(40, 30), Day(14), Day(0), {}).ok());
  EXPECT_EQ(account.available(), Points(-10));
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(14), DueTerms());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].deficit_change, Points(-10));
  EXPECT_EQ(entries[0].available_after, Points(20));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(40, 20)));
}

TEST(PendingTest, PointsWhoseTimeIsOverAtTheirReleaseExpireThen) {
  Account account;
  ASSERT_TRUE(account.Earn(Fixed(10, 30), Day(14), Day(0), {}).ok());
  EXPECT_EQ(account.NextDue(), Day(14));
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(20), DueTerms());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].kind, EntryKind::kRelease);
  EXPECT_EQ(entries[1].kind, EntryKind::kExpire);
  EXPECT_EQ(entries[1].effective, Day(14));
  EXPECT_THAT(LotsOf(entries[1]), ElementsAre(Pair(10, -30)));
  EXPECT_EQ(account.NextDue(), absl::InfiniteFuture());
}

TEST(AdvanceTest, ALotExpiresOnTheStrokeAndNotBefore) {
  Account account = AccountWith({Fixed(10, 5)});
  EXPECT_EQ(account.NextDue(), Day(10));
  EXPECT_THAT(account.AdvanceTo(Day(10) - absl::Microseconds(1), DueTerms()),
              IsEmpty());
  EXPECT_EQ(account.available(), Points(5));
  EXPECT_EQ(account.AdvanceTo(Day(10), DueTerms()).size(), 1U);
  EXPECT_EQ(account.available(), Points());
}

TEST(AdvanceTest, EachLotExpiresByItsOwnEntryAtItsOwnTime) {
  Account account = AccountWith({Fixed(10, 5), Fixed(11, 6), Fixed(30, 7)});
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(20), DueTerms());
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].effective, Day(10));
  EXPECT_EQ(entries[0].number, 4);
  EXPECT_EQ(entries[0].available_after, Points(13));
  EXPECT_EQ(entries[1].effective, Day(11));
  EXPECT_EQ(entries[1].number, 5);
  EXPECT_EQ(entries[1].available_after, Points(7));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 7)));
}

TEST(AdvanceTest, ExpiredPointsGoToTheProgramAndAreRemovedOnce) {
  Account account = AccountWith({Fixed(10, 5), Fixed(30, 7)});
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(20), DueTerms());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, EntryKind::kExpire);
  EXPECT_THAT(LotsOf(entries[0]), ElementsAre(Pair(10, -5)));
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kMemberAvailable), -5);
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kProgramExpired), 5);
  EXPECT_EQ(account.state().latest, Day(20));
  EXPECT_THAT(account.AdvanceTo(Day(20), DueTerms()), IsEmpty());
}

// What was posted, and on which day.
std::vector<std::pair<EntryKind, int64_t>> OrderOf(
    const std::vector<LedgerEntry>& entries) {
  std::vector<std::pair<EntryKind, int64_t>> order;
  order.reserve(entries.size());
  for (const LedgerEntry& entry : entries)
    order.emplace_back(entry.kind, DayOf(entry.effective));
  return order;
}

TEST(AdvanceTest, ReleasesThenHoldsThenLotsAtOneMoment) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 7)});
  ASSERT_TRUE(account.Hold(HoldId("h"), Points(12), Day(10), Day(1)).ok());
  ASSERT_TRUE(account.Earn(Fixed(10, 3), std::nullopt, Day(1), {}).ok());
  ASSERT_TRUE(account.Earn(Fixed(15, 9), Day(10), Day(1), {}).ok());
  EXPECT_THAT(OrderOf(account.AdvanceTo(Day(10), DueTerms())),
              ElementsAre(Pair(EntryKind::kRelease, 10),
                          Pair(EntryKind::kHoldRelease, 10),
                          Pair(EntryKind::kExpire, 10)));
  // What was held of the lot that expires now gets its grace.
  EXPECT_THAT(LotsOf(account),
              ElementsAre(Pair(15, 9), Pair(20, 7), Pair(41, 5)));
}

TEST(AdvanceTest, ALongStopIsCaughtUpInOrderOfTime) {
  Account account = AccountWith({Fixed(5, 1)});
  ASSERT_TRUE(account.Earn(Fixed(30, 2), Day(4), Day(0), {}).ok());
  ASSERT_TRUE(account.Earn(Fixed(9, 4), Day(7), Day(0), {}).ok());
  ASSERT_TRUE(account.Hold(HoldId("h"), Points(1), Day(8), Day(0)).ok());
  // The held point's lot expired on day 5: it lives for 30 days from day 8.
  EXPECT_THAT(
      OrderOf(account.AdvanceTo(Day(1000), DueTerms())),
      ElementsAre(Pair(EntryKind::kRelease, 4), Pair(EntryKind::kRelease, 7),
                  Pair(EntryKind::kHoldRelease, 8), Pair(EntryKind::kExpire, 9),
                  Pair(EntryKind::kExpire, 30), Pair(EntryKind::kExpire, 39)));
  EXPECT_EQ(account.available(), Points());
}

TEST(AdvanceTest, TimeNeverRunsBack) {
  Account account;
  account.AdvanceTo(Day(5), DueTerms());
  EXPECT_EQ(account.EffectiveTime(Day(3)), Day(5));
  EXPECT_EQ(account.EffectiveTime(Day(7)), Day(7));
  account.AdvanceTo(Day(3), DueTerms());
  EXPECT_EQ(account.state().latest, Day(5));
  ASSERT_TRUE(account.Earn(Fixed(20, 1), std::nullopt, Day(6), {}).ok());
  EXPECT_EQ(account.state().latest, Day(6));
}

TEST(AdjustTest, PointsAddedComeFromAdjustmentsAndFillADeficitFirst) {
  Account account = AccountOwing(3);
  const LedgerEntry entry = *account.AdjustUp(Fixed(20, 10), Day(1));
  EXPECT_EQ(entry.kind, EntryKind::kAdjust);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 10);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramAdjusted), -10);
  EXPECT_EQ(entry.deficit_change, Points(-3));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 7)));
}

TEST(AdjustTest, PointsTakenAreThoseThatExpireSoonest) {
  Account account = AccountWith({Fixed(20, 5), Fixed(10, 5)});
  const LedgerEntry entry =
      *account.AdjustDown(Points(7), Shortfall::kRefuse, Day(1));
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(10, -5), Pair(20, -2)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -7);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramAdjusted), 7);
}

TEST(AdjustTest, WhatIsMissingIsRefusedOrOwed) {
  Account account = AccountWith({Fixed(20, 5)});
  EXPECT_EQ(
      ReasonOf(
          account.AdjustDown(Points(7), Shortfall::kRefuse, Day(1)).status()),
      Reason::kInsufficientPoints);
  EXPECT_EQ(account.available(), Points(5));
  const LedgerEntry entry =
      *account.AdjustDown(Points(7), Shortfall::kOwe, Day(1));
  EXPECT_EQ(entry.deficit_change, Points(2));
  EXPECT_EQ(entry.available_after, Points(-2));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -7);
  EXPECT_THAT(LotsOf(account), IsEmpty());
}

TEST(TransferTest, PointsKeepTheirExpiryAndTheLegsOfBothSidesCancelOut) {
  Account giver = AccountWith({Fixed(20, 5), Fixed(10, 5)});
  Account getter = AccountWith({Fixed(20, 1)});
  const LedgerEntry out = *giver.TransferOut(Points(7), Day(1));
  const LedgerEntry in = *getter.TransferIn(LotsTaken(out), Day(1));
  EXPECT_EQ(out.kind, EntryKind::kTransferOut);
  EXPECT_EQ(in.kind, EntryKind::kTransferIn);
  EXPECT_THAT(LotsOf(giver), ElementsAre(Pair(20, 3)));
  EXPECT_THAT(LotsOf(getter), ElementsAre(Pair(10, 5), Pair(20, 3)));
  EXPECT_EQ(Leg(out, LedgerAccount::kMemberAvailable), -7);
  EXPECT_EQ(Leg(in, LedgerAccount::kMemberAvailable), 7);
  EXPECT_EQ(Leg(out, LedgerAccount::kCounterparty) +
                Leg(in, LedgerAccount::kCounterparty),
            0);
}

TEST(TransferTest, ArrivingPointsFillADeficitFirst) {
  Account getter = AccountOwing(4);
  const std::vector<Lot> lots = {Fixed(10, 3), Fixed(20, 3)};
  const LedgerEntry in = *getter.TransferIn(lots, Day(1));
  EXPECT_EQ(in.deficit_change, Points(-4));
  EXPECT_THAT(LotsOf(getter), ElementsAre(Pair(20, 2)));
}

TEST(TransferTest, MoreThanThereIsIsRefused) {
  Account giver = AccountWith({Fixed(20, 5)});
  EXPECT_EQ(ReasonOf(giver.TransferOut(Points(6), Day(1)).status()),
            Reason::kInsufficientPoints);
  EXPECT_EQ(giver.available(), Points(5));
}

}  // namespace
}  // namespace pistis
