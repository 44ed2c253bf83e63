// Points set aside.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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

const HoldId& Till() {
  static const HoldId& id = *new HoldId("till");
  return id;
}

LotTerms Grace(int64_t day) {
  return {.grace_expire = Day(day)};
}

// Holds `points` of these lots until day 9.
Account AccountHolding(const std::vector<Lot>& lots, int64_t points) {
  Account account = AccountWith(lots);
  EXPECT_TRUE(account.Hold(Till(), Points(points), Day(9), Day(1)).ok());
  return account;
}

TEST(HoldTest, SetsAsideThoseThatExpireSoonest) {
  Account account = AccountWith({Fixed(30, 10), Fixed(10, 10)});
  const LedgerEntry entry = *account.Hold(Till(), Points(15), Day(9), Day(1));
  EXPECT_EQ(entry.kind, EntryKind::kHold);
  EXPECT_EQ(entry.hold, Till());
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), -15);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberHeld), 15);
  EXPECT_THAT(LotsOf(entry), ElementsAre(Pair(10, -10), Pair(30, -5)));
  EXPECT_THAT(LotsOf(entry, LotPlace::kHeld),
              ElementsAre(Pair(10, 10), Pair(30, 5)));
  EXPECT_EQ(account.available(), Points(5));
  EXPECT_EQ(account.held(), Points(15));
  ASSERT_NE(account.FindHold(Till()), nullptr);
  EXPECT_EQ(account.FindHold(Till())->points(), Points(15));
  EXPECT_EQ(account.NextDue(), Day(9));
}

TEST(HoldTest, HeldPointsCanBeSpentByNobodyElse) {
  Account account = AccountHolding({Fixed(30, 10)}, 6);
  EXPECT_EQ(ReasonOf(account.Redeem(Points(5), Day(1), {}).status()),
            Reason::kInsufficientPoints);
  EXPECT_EQ(
      ReasonOf(
          account.Hold(HoldId("other"), Points(5), Day(9), Day(1)).status()),
      Reason::kInsufficientPoints);
  EXPECT_TRUE(account.Redeem(Points(4), Day(1), {}).ok());
}

TEST(HoldTest, WithoutATimeItIsEndedByNoTime) {
  Account account = AccountWith({Fixed(3, 10)});
  const absl::Time never = absl::InfiniteFuture();
  ASSERT_TRUE(account.Hold(Till(), Points(6), never, Day(1)).ok());
  EXPECT_EQ(account.NextDue(), Day(3));
  EXPECT_EQ(account.AdvanceTo(Day(999), DueTerms()).size(), 1U);
  EXPECT_EQ(account.held(), Points(6));
  EXPECT_EQ(account.NextDue(), never);
}

TEST(HoldTest, WhatACaptureSpentIsWhatARefundGivesBack) {
  Account account = AccountHolding({Fixed(30, 10), Fixed(10, 10)}, 15);
  const std::vector<LedgerEntry> entries =
      *account.CaptureHold(Till(), Points(15), Day(2), {});
  EXPECT_THAT(LotsOf(LotsTaken(entries.front())),
              ElementsAre(Pair(10, 10), Pair(30, 5)));
}

TEST(HoldTest, AnOpenHoldsIdIsTakenAndAClosedOnesIsNot) {
  Account account = AccountHolding({Fixed(30, 10)}, 6);
  EXPECT_EQ(ReasonOf(account.Hold(Till(), Points(1), Day(9), Day(1)).status()),
            Reason::kAlreadyExists);
  ASSERT_TRUE(account.ReleaseHold(Till(), Day(1), {}).ok());
  EXPECT_TRUE(account.Hold(Till(), Points(1), Day(9), Day(1)).ok());
}

TEST(HoldTest, OpenHoldsAreInOrderOfExpiryThenId) {
  Account account = AccountWith({Fixed(30, 10)});
  for (const auto& [id, day] :
       {std::pair("b", 5), std::pair("c", 4), std::pair("a", 5)}) {
    ASSERT_TRUE(account.Hold(HoldId(id), Points(1), Day(day), Day(1)).ok());
  }
  std::vector<std::string> ids;
  for (const OpenHold& hold : account.state().holds)
    ids.push_back(hold.id.text());
  EXPECT_THAT(ids, ElementsAre("c", "a", "b"));
}

TEST(HoldTest, TheHundredAndFirstOpenHoldIsRefused) {
  Account account = AccountWith({Fixed(30, 1000)});
  for (size_t i = 0; i < kMaxOpenHolds; ++i) {
    ASSERT_TRUE(
        account.Hold(HoldId(absl::StrCat(i)), Points(1), Day(9), Day(1)).ok());
  }
  EXPECT_EQ(ReasonOf(account.Hold(Till(), Points(1), Day(9), Day(1)).status()),
            Reason::kLimitReached);
  EXPECT_EQ(account.state().holds.size(), kMaxOpenHolds);
  EXPECT_EQ(account.available(), Points(900));
}

TEST(CaptureTest, SpendsTheWholeHold) {
  Account account = AccountHolding({Fixed(10, 10), Fixed(30, 10)}, 15);
  const std::vector<LedgerEntry> entries =
      *account.CaptureHold(Till(), Points(15), Day(2), {});
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, EntryKind::kCapture);
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kMemberHeld), -15);
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kProgramRedeemed), 15);
  EXPECT_EQ(entries[0].available_after, Points(5));
  EXPECT_EQ(account.held(), Points());
  EXPECT_EQ(account.FindHold(Till()), nullptr);
  EXPECT_EQ(account.NextDue(), Day(30));
}

TEST(CaptureTest, OfAPartSpendsSoonestToExpireAndGivesTheRestBack) {
  Account account = AccountHolding({Fixed(10, 10), Fixed(30, 10)}, 15);
  const std::vector<LedgerEntry> entries =
      *account.CaptureHold(Till(), Points(12), Day(2), {});
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_THAT(LotsOf(entries[0], LotPlace::kHeld),
              ElementsAre(Pair(10, -10), Pair(30, -2)));
  EXPECT_EQ(entries[1].kind, EntryKind::kHoldRelease);
  EXPECT_EQ(entries[0].hold, Till());
  EXPECT_EQ(entries[1].hold, Till());
  EXPECT_EQ(entries[1].number, entries[0].number + 1);
  EXPECT_EQ(Leg(entries[1], LedgerAccount::kMemberHeld), -3);
  EXPECT_EQ(Leg(entries[1], LedgerAccount::kMemberAvailable), 3);
  EXPECT_THAT(LotsOf(entries[1]), ElementsAre(Pair(30, 3)));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 8)));
  EXPECT_EQ(account.held(), Points());
}

TEST(CaptureTest, HeldPointsOutliveTheirLotAndTheRestGetsGrace) {
  Account account = AccountHolding({Fixed(5, 10)}, 10);
  account.AdvanceTo(Day(6), DueTerms());
  const std::vector<LedgerEntry> entries =
      *account.CaptureHold(Till(), Points(4), Day(6), Grace(36));
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(Leg(entries[0], LedgerAccount::kProgramRedeemed), 4);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(36, 6)));
}

TEST(CaptureTest, MoreThanIsHeldIsRefusedThoughTheMemberHasMore) {
  Account account = AccountHolding({Fixed(10, 100)}, 15);
  const std::string before = Shown(account.state());
  EXPECT_EQ(
      ReasonOf(account.CaptureHold(Till(), Points(16), Day(2), {}).status()),
      Reason::kInsufficientPoints);
  EXPECT_EQ(Shown(account.state()), before);
}

TEST(CaptureTest, AHoldClosesOnce) {
  Account account = AccountHolding({Fixed(10, 100)}, 15);
  ASSERT_TRUE(account.CaptureHold(Till(), Points(1), Day(2), {}).ok());
  EXPECT_EQ(
      ReasonOf(account.CaptureHold(Till(), Points(1), Day(2), {}).status()),
      Reason::kHoldNotOpen);
  EXPECT_EQ(ReasonOf(account.ReleaseHold(Till(), Day(2), {}).status()),
            Reason::kHoldNotOpen);
}

TEST(ReleaseTest, GivesPointsBackToTheirLots) {
  Account account = AccountHolding({Fixed(10, 10), Fixed(30, 10)}, 15);
  const LedgerEntry entry = *account.ReleaseHold(Till(), Day(2), Grace(32));
  EXPECT_EQ(entry.kind, EntryKind::kHoldRelease);
  EXPECT_EQ(entry.hold, Till());
  EXPECT_FALSE(entry.hold_expired);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberHeld), -15);
  EXPECT_EQ(Leg(entry, LedgerAccount::kMemberAvailable), 15);
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(10, 10), Pair(30, 10)));
}

TEST(ReleaseTest, WhatExpiredSinceLivesUntilTheGraceEnds) {
  Account account = AccountHolding({Fixed(5, 10), Fixed(30, 10)}, 15);
  account.AdvanceTo(Day(5), DueTerms());
  ASSERT_TRUE(account.ReleaseHold(Till(), Day(5), Grace(35)).ok());
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 10), Pair(35, 10)));
}

TEST(ReleaseTest, PointsThatComeBackFillADeficitFirst) {
  Account account = AccountHolding({Fixed(30, 10)}, 10);
  ASSERT_TRUE(account.AdjustDown(Points(4), Shortfall::kOwe, Day(1)).ok());
  const LedgerEntry entry = *account.ReleaseHold(Till(), Day(2), {});
  EXPECT_EQ(entry.deficit_change, Points(-4));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(30, 6)));
}

TEST(HoldExpiryTest, WithoutTermsWhatHasExpiredSinceComesBackForEver) {
  Account account = AccountHolding({Fixed(5, 10)}, 10);
  account.AdvanceTo(Day(9), {});
  ASSERT_EQ(account.state().lots.size(), 1U);
  EXPECT_EQ(account.state().lots.front().expire, absl::InfiniteFuture());
  EXPECT_EQ(account.available(), Points(10));
}

TEST(HoldExpiryTest, AHoldIsGivenBackOnTheStroke) {
  Account account = AccountHolding({Fixed(30, 10)}, 6);
  EXPECT_THAT(account.AdvanceTo(Day(9) - absl::Microseconds(1), DueTerms()),
              IsEmpty());
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(9), DueTerms());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, EntryKind::kHoldRelease);
  EXPECT_EQ(entries[0].effective, Day(9));
  EXPECT_EQ(entries[0].hold, Till());
  EXPECT_TRUE(entries[0].hold_expired);
  EXPECT_EQ(account.available(), Points(10));
  EXPECT_EQ(
      ReasonOf(account.CaptureHold(Till(), Points(1), Day(9), {}).status()),
      Reason::kHoldNotOpen);
}

TEST(HoldExpiryTest, GraceCountsFromTheMomentTheHoldEnded) {
  Account account = AccountHolding({Fixed(5, 10)}, 10);
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(20), DueTerms());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].effective, Day(9));
  EXPECT_THAT(LotsOf(account), ElementsAre(Pair(40, 10)));
}

}  // namespace
}  // namespace pistis
