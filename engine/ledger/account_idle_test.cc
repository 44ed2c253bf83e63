// Points that expire when their member is idle for long enough.
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

// The terms of a command after which idle points live until this day.
LotTerms Until(int64_t day) {
  return {.grace_expire = Day(day + 1000), .idle_expire = Day(day)};
}

// `points` earned on day 0, idle until day 30.
Account IdleAccount(int64_t points) {
  Account account;
  EXPECT_TRUE(
      account.Earn(Idle(30, points), std::nullopt, Day(0), Until(30)).ok());
  return account;
}

TEST(IdleTest, IdlePointsExpireWhenNothingHappens) {
  Account account = IdleAccount(10);
  EXPECT_EQ(account.NextDue(), Day(30));
  EXPECT_EQ(account.AdvanceTo(Day(30), DueTerms()).size(), 1U);
  EXPECT_EQ(account.available(), Points());
}

TEST(IdleTest, EarningPutsAllIdlePointsOffAndTheEntrySaysSo) {
  Account account = IdleAccount(10);
  const LedgerEntry entry =
      *account.Earn(Idle(50, 5), std::nullopt, Day(20), Until(50));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(50, 15)));
  EXPECT_THAT(LotsOf(entry),
              ElementsAre(Pair(30, -10), Pair(50, 10), Pair(50, 5)));
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 5);
}

TEST(IdleTest, EarningPendingPointsIsActivityToo) {
  Account account = IdleAccount(10);
  ASSERT_TRUE(account.Earn(Idle(50, 5), Day(34), Day(20), Until(50)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(50, 10)));
  ASSERT_EQ(account.state().pending.size(), 1U);
  EXPECT_EQ(account.state().pending[0].lot.expire, Day(50));
}

TEST(IdleTest, RedeemingPutsTheRestOff) {
  Account account = IdleAccount(10);
  const LedgerEntry entry = *account.Redeem(Points(4), Day(20), Until(50));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(50, 6)));
  EXPECT_THAT(LotsOf(LotsTaken(entry)), ElementsAre(Pair(50, 4)));
}

TEST(IdleTest, PointsWithADateAreSpentBeforeThoseThatActivityPutOff) {
  Account account = IdleAccount(10);
  ASSERT_TRUE(account.AdjustUp(Fixed(40, 10), Day(0)).ok());
  ASSERT_TRUE(account.Redeem(Points(10), Day(20), Until(50)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(50, 10)));
}

TEST(IdleTest, CapturingPutsHeldAndPendingPointsOffAsWell) {
  Account account = IdleAccount(10);
  ASSERT_TRUE(account.Earn(Idle(30, 5), Day(25), Day(0), Until(30)).ok());
  ASSERT_TRUE(account.Hold(HoldId("a"), Points(2), Day(28), Day(1)).ok());
  ASSERT_TRUE(account.Hold(HoldId("b"), Points(3), Day(28), Day(1)).ok());
  const std::vector<LedgerEntry> entries =
      *account.CaptureHold(HoldId("a"), Points(1), Day(20), Until(50));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(50, 6)));
  EXPECT_EQ(account.state().pending[0].lot.expire, Day(50));
  EXPECT_THAT(LotsOf(account.FindHold(HoldId("b"))->lots),
              ElementsAre(Pair(50, 3)));
  EXPECT_THAT(LotsOf(entries[0], LotPlace::kHeld),
              ElementsAre(Pair(30, -2), Pair(50, 2), Pair(30, -3), Pair(50, 3),
                          Pair(50, -1)));
}

TEST(IdleTest, OtherCommandsAreNoActivity) {
  Account account = IdleAccount(10);
  const LotTerms later = Until(50);
  ASSERT_TRUE(account.Hold(HoldId("a"), Points(2), Day(28), Day(20)).ok());
  ASSERT_TRUE(account.ReleaseHold(HoldId("a"), Day(20), later).ok());
  ASSERT_TRUE(account.AdjustUp(Fixed(40, 1), Day(20)).ok());
  const LedgerEntry out = *account.TransferOut(Points(1), Day(20));
  ASSERT_TRUE(account.Reverse(out, Day(20), later).ok());
  account.Restore({}, Day(20), later);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 10), Pair(40, 1)));
}

TEST(IdleTest, WhereTheRulebookDoesNotCountInactivityNothingIsPutOff) {
  Account account = IdleAccount(10);
  ASSERT_TRUE(account.Earn(Fixed(60, 5), std::nullopt, Day(20), {}).ok());
  ASSERT_TRUE(account.Redeem(Points(1), Day(20), {}).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 9), Pair(60, 5)));
}

TEST(IdleTest, NoExpiryEverComesNearer) {
  Account account = IdleAccount(10);
  ASSERT_TRUE(account.Redeem(Points(1), Day(1), Until(8)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 9)));
  ASSERT_TRUE(account.Earn(Idle(8, 1), std::nullopt, Day(1), Until(8)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 10)));
}

TEST(IdleTest, PendingPointsThatAreReleasedJoinTheOthersAtTheLaterExpiry) {
  Account account = IdleAccount(10);
  // Eight days after their release on day 25.
  ASSERT_TRUE(account.Earn(Idle(33, 5), Day(25), Day(1), {}).ok());
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(25), DueTerms());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(33, 15)));
}

TEST(IdleTest, TransferredPointsJoinTheReceiversAtTheLaterExpiry) {
  Account account = IdleAccount(10);
  const std::vector<Lot> earlier = {Idle(20, 1)};
  const std::vector<Lot> later = {Idle(40, 1)};
  ASSERT_TRUE(account.TransferIn(earlier, Day(1)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 11)));
  ASSERT_TRUE(account.TransferIn(later, Day(1)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(40, 12)));
}

TEST(IdleTest, AClawBackFindsTheIdleLotWhateverItsExpiryNow) {
  Account account = IdleAccount(10);
  ASSERT_TRUE(account.AdjustUp(Fixed(21, 10), Day(0)).ok());
  ASSERT_TRUE(account.Redeem(Points(1), Day(20), Until(50)).ok());
  account.TakeBack({.points = Points(4), .lot = Idle(30, 0)}, Day(20));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(21, 9), Pair(50, 6)));
}

TEST(IdleTest, AClawBackFindsPendingIdlePointsWhateverTheirExpiryNow) {
  Account account;
  ASSERT_TRUE(account.Earn(Idle(30, 9), Day(25), Day(0), Until(30)).ok());
  ASSERT_TRUE(
      account.Earn(Fixed(90, 1), std::nullopt, Day(20), Until(50)).ok());
  account.TakeBack(
      {.points = Points(4), .lot = Idle(30, 0), .release = Day(25)}, Day(20));
  EXPECT_EQ(account.pending(), Points(5));
  EXPECT_EQ(account.available(), Points(1));
}

TEST(IdleTest, ReversingAnEarnFindsTheIdleLotWhateverItsExpiryNow) {
  Account account = IdleAccount(10);
  const LedgerEntry earned =
      *account.Earn(Idle(40, 5), std::nullopt, Day(10), Until(40));
  ASSERT_TRUE(account.Redeem(Points(1), Day(20), Until(50)).ok());
  const LedgerEntry entry = *account.Reverse(earned, Day(20), {});
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(50, -5)));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(50, 9)));
}

TEST(IdleTest, SpentPointsComeBackToTheIdleLotThatLives) {
  Account account = IdleAccount(10);
  const LedgerEntry spent = *account.Redeem(Points(4), Day(1), Until(31));
  ASSERT_TRUE(account.Redeem(Points(1), Day(30), Until(60)).ok());
  account.AdvanceTo(Day(40), DueTerms());
  account.Restore(LotsTaken(spent), Day(40), Until(70));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(60, 9)));
}

TEST(IdleTest, SpentPointsGetGraceWhereNoIdleLotLives) {
  Account account = IdleAccount(4);
  const LedgerEntry spent = *account.Redeem(Points(4), Day(1), Until(31));
  account.AdvanceTo(Day(40), DueTerms());
  account.Restore(LotsTaken(spent), Day(40), {.grace_expire = Day(70)});
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(70, 4)));
  EXPECT_EQ(account.state().lots[0].kind, LotKind::kFixed);
}

TEST(IdleTest, ADeficitThatTakesAllLeavesNoIdleLot) {
  Account account = AccountOwing(10);
  ASSERT_TRUE(account.Earn(Idle(30, 10), std::nullopt, Day(0), Until(30)).ok());
  EXPECT_THAT(LotsOf(account), IsEmpty());
  EXPECT_EQ(account.available(), Points());
}

}  // namespace
}  // namespace pistis
