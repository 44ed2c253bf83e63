// What refunds and reversals do.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/ledger/account.h"
#include "engine/ledger/account_builders_test.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

LotTerms Grace(int64_t day) {
  return {.grace_expire = Day(day)};
}

TEST(ClawBackTest, TakesFromItsOwnLotThenFromTheSoonestToExpire) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 5), Fixed(30, 5)});
  const ClawedBack taken =
      account.TakeBack({.points = Points(11), .lot = Fixed(30, 0)}, Day(1));
  ASSERT_TRUE(taken.entry.has_value());
  EXPECT_EQ(taken.entry->kind, EntryKind::kClawBack);
  EXPECT_THAT(LotsOf(*taken.entry),
              ElementsAre(Pair(30, -5), Pair(10, -5), Pair(20, -1)));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 4)));
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -11);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramIssued), 11);
  EXPECT_EQ(taken.entry->available_after, Points(4));
}

TEST(ClawBackTest, LeavesTheRestOfItsOwnLot) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 5)});
  account.TakeBack({.points = Points(2), .lot = Fixed(20, 0)}, Day(1));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(10, 5), Pair(20, 3)));
}

TEST(ClawBackTest, WhatIsMissingIsOwed) {
  Account account = AccountWith({Fixed(10, 5)});
  const ClawedBack taken =
      account.TakeBack({.points = Points(8), .lot = Fixed(10, 0)}, Day(1));
  EXPECT_EQ(account.available(), Points(-3));
  EXPECT_EQ(account.state().deficit, Points(3));
  EXPECT_EQ(taken.entry->deficit_change, Points(3));
  EXPECT_EQ(taken.entry->available_after, Points(-3));
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -8);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramForgiven), 0);
}

TEST(ClawBackTest, OrWhatIsMissingIsForgiven) {
  Account account = AccountWith({Fixed(10, 5)});
  const ClawedBack taken =
      account.TakeBack({.points = Points(8),
                        .lot = Fixed(10, 0),
                        .shortfall = RefundShortfall::kForgive},
                       Day(1));
  EXPECT_EQ(account.available(), Points());
  EXPECT_EQ(account.state().deficit, Points());
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -5);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramIssued), 8);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramForgiven), -3);
}

TEST(ClawBackTest, PointsThatExpiredAreNotTakenTwice) {
  Account account = AccountWith({Fixed(10, 5), Fixed(30, 100)});
  account.AdvanceTo(Day(20), DueTerms());
  const ClawedBack taken = account.TakeBack({.points = Points(8),
                                             .lot = Fixed(10, 0),
                                             .expired_uncounted = Points(5)},
                                            Day(20));
  EXPECT_EQ(taken.counted_expired, Points(5));
  EXPECT_EQ(account.available(), Points(97));
}

TEST(ClawBackTest, OnlyAsManyExpiredPointsAreCountedAsAreTakenBack) {
  Account account = AccountWith({Fixed(30, 100)});
  const ClawedBack taken = account.TakeBack({.points = Points(3),
                                             .lot = Fixed(10, 0),
                                             .expired_uncounted = Points(5)},
                                            Day(20));
  EXPECT_EQ(taken.counted_expired, Points(3));
  EXPECT_FALSE(taken.entry.has_value());
  EXPECT_EQ(account.state().entries, 1);
  EXPECT_EQ(account.available(), Points(100));
}

TEST(ClawBackTest, PendingPointsAreTakenFromWhereTheyWait) {
  Account account = AccountWith({Fixed(10, 50), Fixed(40, 50)});
  ASSERT_TRUE(account.Earn(Fixed(40, 30), Day(14), Day(0), {}).ok());
  const ClawedBack taken = account.TakeBack(
      {.points = Points(20), .lot = Fixed(40, 0), .release = Day(14)}, Day(1));
  EXPECT_EQ(account.pending(), Points(10));
  EXPECT_EQ(account.available(), Points(100));
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberPending), -20);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), 0);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kProgramIssued), 20);
}

TEST(ClawBackTest, PendingThenItsOwnLotThenTheOthers) {
  Account account = AccountWith({Fixed(10, 50), Fixed(40, 5)});
  ASSERT_TRUE(account.Earn(Fixed(40, 30), Day(14), Day(0), {}).ok());
  const ClawedBack taken = account.TakeBack(
      {.points = Points(37), .lot = Fixed(40, 0), .release = Day(14)}, Day(1));
  EXPECT_THAT(LotsOf(*taken.entry, LotPlace::kPending),
              ElementsAre(Pair(40, -30)));
  EXPECT_THAT(LotsOf(*taken.entry), ElementsAre(Pair(40, -5), Pair(10, -2)));
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberPending), -30);
  EXPECT_EQ(Leg(*taken.entry, LedgerAccount::kMemberAvailable), -7);
}

TEST(ClawBackTest, ReleasedPointsAreTakenFromTheirAvailableLot) {
  Account account = AccountWith({Fixed(20, 50)});
  ASSERT_TRUE(account.Earn(Fixed(40, 30), Day(14), Day(0), {}).ok());
  account.AdvanceTo(Day(15), DueTerms());
  account.TakeBack(
      {.points = Points(30), .lot = Fixed(40, 0), .release = Day(14)}, Day(15));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 50)));
}

TEST(ClawBackTest, OtherSalesPendingPointsAndHeldPointsAreLeftAlone) {
  Account account = AccountWith({Fixed(20, 5)});
  ASSERT_TRUE(account.Earn(Fixed(40, 30), Day(14), Day(0), {}).ok());
  ASSERT_TRUE(account.Earn(Fixed(41, 30), Day(15), Day(0), {}).ok());
  ASSERT_TRUE(account.Hold(HoldId("h"), Points(5), Day(9), Day(1)).ok());
  account.TakeBack(
      {.points = Points(32), .lot = Fixed(40, 0), .release = Day(14)}, Day(1));
  EXPECT_EQ(account.pending(), Points(30));
  EXPECT_EQ(account.held(), Points(5));
  EXPECT_EQ(account.available(), Points(-2));
}

TEST(RestoreTest, PointsGoBackToTheLotsTheyCameFrom) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 5)});
  const LedgerEntry spent = *account.Redeem(Points(8), Day(1), {});
  const LedgerEntry entry =
      account.Restore(LotsTaken(spent), Day(2), Grace(99));
  EXPECT_EQ(entry.kind, EntryKind::kRestore);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(10, 5), Pair(20, 5)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 8);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramRedeemed), -8);
  EXPECT_EQ(entry.available_after, Points(10));
}

TEST(RestoreTest, WhatExpiredSinceLivesUntilTheGraceEndsAlsoOnTheStroke) {
  Account account;
  const std::vector<Lot> lots = {Fixed(12, 1), Fixed(10, 2), Fixed(9, 4)};
  const LedgerEntry entry = account.Restore(lots, Day(10), Grace(40));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(12, 1), Pair(40, 6)));
  EXPECT_EQ(entry.available_after, Points(7));
}

TEST(RestoreTest, ADeficitIsFilledFirst) {
  Account account = AccountOwing(4);
  const std::vector<Lot> lots = {Fixed(20, 3), Fixed(10, 5)};
  const LedgerEntry entry = account.Restore(lots, Day(2), Grace(99));
  EXPECT_EQ(account.state().deficit, Points());
  EXPECT_EQ(entry.deficit_change, Points(-4));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(10, 4)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 8);
  EXPECT_EQ(entry.available_after, Points(4));
}

TEST(LotsToRestoreTest, WhatWasTakenLastComesBackFirst) {
  const std::vector<Lot> taken = {Fixed(10, 5), Fixed(20, 5), Idle(30, 5)};
  EXPECT_THAT(LotsOf(LotsToRestore(taken, Points(), Points(7))),
              ElementsAre(Pair(30, 5), Pair(20, 2)));
  EXPECT_EQ(LotsToRestore(taken, Points(), Points(7))[0].kind, LotKind::kIdle);
  EXPECT_THAT(LotsOf(LotsToRestore(taken, Points(7), Points(4))),
              ElementsAre(Pair(20, 3), Pair(10, 1)));
  EXPECT_THAT(LotsOf(LotsToRestore(taken, Points(11), Points(4))),
              ElementsAre(Pair(10, 4)));
  EXPECT_THAT(LotsToRestore(taken, Points(7), Points()), IsEmpty());
}

TEST(ReverseTest, OfAnEarnTakesItsPointsFromItsOwnLot) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 5)});
  const LedgerEntry earned =
      *account.Earn(Fixed(20, 7), std::nullopt, Day(1), {});
  const LedgerEntry entry = *account.Reverse(earned, Day(2), {});
  EXPECT_EQ(entry.kind, EntryKind::kReverse);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -7);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramIssued), 7);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(10, 5), Pair(20, 5)));
}

TEST(ReverseTest, OfPointsThatWereSpentIsRefusedThoughOthersAreThere) {
  Account account;
  const LedgerEntry earned =
      *account.Earn(Fixed(10, 7), std::nullopt, Day(1), {});
  ASSERT_TRUE(account.Redeem(Points(1), Day(1), {}).ok());
  ASSERT_TRUE(account.Earn(Fixed(20, 100), std::nullopt, Day(1), {}).ok());
  const std::string before = Shown(account.state());
  EXPECT_EQ(ReasonOf(account.Reverse(earned, Day(2), {}).status()),
            Reason::kInsufficientPoints);
  EXPECT_EQ(Shown(account.state()), before);
}

TEST(ReverseTest, OfPointsThatExpiredIsRefused) {
  Account account;
  const LedgerEntry earned =
      *account.Earn(Fixed(10, 7), std::nullopt, Day(1), {});
  account.AdvanceTo(Day(10), DueTerms());
  EXPECT_EQ(ReasonOf(account.Reverse(earned, Day(10), {}).status()),
            Reason::kInsufficientPoints);
}

TEST(ReverseTest, OfPendingPointsTakesThemWhereTheyWait) {
  Account account = AccountWith({Fixed(40, 100)});
  const LedgerEntry earned = *account.Earn(Fixed(40, 30), Day(14), Day(0), {});
  const LedgerEntry entry = *account.Reverse(earned, Day(2), {});
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberPending), -30);
  EXPECT_EQ(account.pending(), Points());
  EXPECT_EQ(account.available(), Points(100));
}

TEST(ReverseTest, OfPendingPointsReleasedSinceTakesThemFromTheirLot) {
  Account account;
  const LedgerEntry earned = *account.Earn(Fixed(40, 30), Day(14), Day(0), {});
  account.AdvanceTo(Day(14), DueTerms());
  const LedgerEntry entry = *account.Reverse(earned, Day(14), {});
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberPending), 0);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -30);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramIssued), 30);
  EXPECT_EQ(account.available(), Points());
}

TEST(ReverseTest, OfPendingPointsDoesNotTakeAvailableOnesOfTheSameExpiry) {
  Account account = AccountWith({Fixed(40, 100)});
  const LedgerEntry earned = *account.Earn(Fixed(40, 30), Day(14), Day(0), {});
  account.TakeBack(
      {.points = Points(1), .lot = Fixed(40, 0), .release = Day(14)}, Day(1));
  EXPECT_EQ(ReasonOf(account.Reverse(earned, Day(2), {}).status()),
            Reason::kInsufficientPoints);
}

TEST(ReverseTest, OfARedemptionGivesPointsBackToTheirLots) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 5)});
  const LedgerEntry spent = *account.Redeem(Points(8), Day(1), {});
  const LedgerEntry entry = *account.Reverse(spent, Day(2), {});
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 8);
  EXPECT_EQ(Leg(entry, LedgerAccount::kProgramRedeemed), -8);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(10, 5), Pair(20, 5)));
}

TEST(ReverseTest, WhatWasTakenOfALotExpiredSinceLivesUntilTheGraceEnds) {
  Account account = AccountWith({Fixed(10, 5), Fixed(20, 5)});
  const LedgerEntry spent = *account.Redeem(Points(8), Day(1), {});
  account.AdvanceTo(Day(10), DueTerms());
  ASSERT_TRUE(account.Reverse(spent, Day(10), Grace(40)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 5), Pair(40, 5)));
}

TEST(ReverseTest, OfBothSidesOfATransferUndoesIt) {
  Account giver = AccountWith({Fixed(10, 5), Fixed(20, 5)});
  Account getter = AccountWith({Fixed(20, 1)});
  const LedgerEntry out = *giver.TransferOut(Points(7), Day(1));
  const LedgerEntry in = *getter.TransferIn(LotsTaken(out), Day(1));
  const LedgerEntry in_again = *giver.Reverse(out, Day(2), {});
  const LedgerEntry out_again = *getter.Reverse(in, Day(2), {});
  EXPECT_THAT(LotsOf(giver), ElementsAre(Pair(10, 5), Pair(20, 5)));
  EXPECT_THAT(LotsOf(getter), ElementsAre(Pair(20, 1)));
  EXPECT_EQ(Leg(in_again, LedgerAccount::kCounterparty), -7);
  EXPECT_EQ(Leg(out_again, LedgerAccount::kCounterparty), 7);
}

TEST(ReverseTest, ADeficitThatWasFilledIsThereAgain) {
  Account account = AccountOwing(4);
  const LedgerEntry added = *account.AdjustUp(Fixed(20, 10), Day(1));
  const LedgerEntry entry = *account.Reverse(added, Day(2), {});
  EXPECT_EQ(account.state().deficit, Points(4));
  EXPECT_EQ(entry.deficit_change, Points(4));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -10);
  EXPECT_EQ(entry.available_after, Points(-4));
}

TEST(ReverseTest, ADeficitIsNotMadeAgainAtTheCostOfOtherLots) {
  Account account = AccountOwing(4);
  const LedgerEntry added = *account.AdjustUp(Fixed(20, 10), Day(1));
  ASSERT_TRUE(account.Earn(Fixed(30, 1), std::nullopt, Day(1), {}).ok());
  const std::string before = Shown(account.state());
  EXPECT_EQ(ReasonOf(account.Reverse(added, Day(2), {}).status()),
            Reason::kInsufficientPoints);
  EXPECT_EQ(Shown(account.state()), before);
}

TEST(ReverseTest, ADeficitThatWasMadeIsGone) {
  Account account = AccountWith({Fixed(20, 6)});
  const LedgerEntry taken =
      *account.AdjustDown(Points(10), Shortfall::kOwe, Day(1));
  const LedgerEntry entry = *account.Reverse(taken, Day(2), {});
  EXPECT_EQ(entry.deficit_change, Points(-4));
  EXPECT_EQ(account.state().deficit, Points());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 6)));
}

TEST(ReverseTest, WhatOthersPaidOfADeficitSinceComesBackAsIfGivenNow) {
  Account account = AccountWith({Fixed(20, 6)});
  const LedgerEntry taken =
      *account.AdjustDown(Points(10), Shortfall::kOwe, Day(1));
  ASSERT_TRUE(account.Earn(Fixed(30, 3), std::nullopt, Day(1), {}).ok());
  const LedgerEntry entry = *account.Reverse(
      taken, Day(2), {.grace_expire = Day(32), .fresh = {.expire = Day(40)}});
  EXPECT_EQ(entry.deficit_change, Points(-1));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 10);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(20, 6), Pair(40, 3)));
}

TEST(ReverseTest, WhatOtherCommandsUndoIsNotReversible) {
  for (const EntryKind kind :
       {EntryKind::kClawBack, EntryKind::kRestore, EntryKind::kExpire,
        EntryKind::kRelease, EntryKind::kHold, EntryKind::kCapture,
        EntryKind::kHoldRelease, EntryKind::kReverse}) {
    Account account = AccountWith({Fixed(20, 6)});
    const std::string before = Shown(account.state());
    EXPECT_EQ(
        ReasonOf(
            account.Reverse({.number = 1, .kind = kind}, Day(1), {}).status()),
        Reason::kEntryNotReversible);
    EXPECT_EQ(Shown(account.state()), before);
  }
}

}  // namespace
}  // namespace pistis
