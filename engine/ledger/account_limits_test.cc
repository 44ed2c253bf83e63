// The largest balances and the most lots.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/ledger/account.h"
#include "engine/ledger/account_builders_test.h"

namespace pistis {
namespace {

constexpr int64_t kMost = static_cast<int64_t>(kMaxLots);

Account AccountAtTheBrim() {
  return Account({.lots = {{Day(10), kMaxBalance - Points(1)}}, .entries = 1});
}

// One point in each of kMaxLots lots, of days 1,010, 1,020, ...
Account AccountFullOfLots() {
  AccountState state;
  for (int64_t i = 1; i <= kMost; ++i)
    state.lots.push_back(Fixed(1000 + 10 * i, 1));
  return Account(state);
}

// Why each of the commands that add points refuses `lot`.
std::vector<std::optional<Reason>> WhyNot(Account& account, const Lot& lot) {
  return {ReasonOf(account.Earn(lot, std::nullopt, Day(0), {}).status()),
          ReasonOf(account.Earn(lot, Day(5), Day(0), {}).status()),
          ReasonOf(account.AdjustUp(lot, Day(0)).status()),
          ReasonOf(account.TransferIn({lot}, Day(0)).status())};
}

TEST(BalanceLimitTest, ABalanceAboveTheLargestIsRefusedAndNothingChanges) {
  Account account = AccountAtTheBrim();
  const std::string before = Shown(account.state());
  EXPECT_THAT(WhyNot(account, Fixed(10, 2)),
              testing::Each(Reason::kPointsOverflow));
  EXPECT_THAT(WhyNot(account, Fixed(10, INT64_MAX)),
              testing::Each(Reason::kPointsOverflow));
  EXPECT_EQ(Shown(account.state()), before);
}

TEST(BalanceLimitTest, TheLargestBalanceCanBeReached) {
  Account account = AccountAtTheBrim();
  EXPECT_TRUE(account.Earn(Fixed(20, 1), std::nullopt, Day(0), {}).ok());
  EXPECT_EQ(account.available(), kMaxBalance);
}

TEST(BalanceLimitTest, PendingAndHeldPointsCount) {
  Account account = AccountAtTheBrim();
  ASSERT_TRUE(account.Hold(HoldId("h"), Points(500), Day(9), Day(0)).ok());
  ASSERT_TRUE(account.Earn(Fixed(20, 1), Day(5), Day(0), {}).ok());
  EXPECT_EQ(
      ReasonOf(account.Earn(Fixed(20, 1), std::nullopt, Day(0), {}).status()),
      Reason::kPointsOverflow);
}

TEST(BalanceLimitTest, NoMoreCanBeOwedThanCanBeHad) {
  Account account({.deficit = kMaxBalance - Points(1), .entries = 1});
  EXPECT_TRUE(account.AdjustDown(Points(1), Shortfall::kOwe, Day(0)).ok());
  const std::string before = Shown(account.state());
  EXPECT_EQ(
      ReasonOf(account.AdjustDown(Points(1), Shortfall::kOwe, Day(0)).status()),
      Reason::kPointsOverflow);
  EXPECT_EQ(Shown(account.state()), before);
}

TEST(LotLimitTest, OneLotMoreIsRefusedByNameAndNothingChanges) {
  Account account = AccountFullOfLots();
  const std::string before = Shown(account.state());
  const Lot lot = Fixed(1005, 1);
  EXPECT_EQ(ReasonOf(account.Earn(lot, std::nullopt, Day(0), {}).status()),
            Reason::kLimitReached);
  EXPECT_EQ(ReasonOf(account.AdjustUp(lot, Day(0)).status()),
            Reason::kLimitReached);
  EXPECT_EQ(ReasonOf(account.TransferIn({lot}, Day(0)).status()),
            Reason::kLimitReached);
  EXPECT_EQ(Shown(account.state()), before);
}

TEST(LotLimitTest, PointsOfALotThatIsOpenAreTakenIn) {
  Account account = AccountFullOfLots();
  EXPECT_TRUE(account.Earn(Fixed(1010, 1), std::nullopt, Day(0), {}).ok());
  EXPECT_TRUE(account.TransferIn({Fixed(1020, 1)}, Day(0)).ok());
  EXPECT_EQ(account.state().lots.size(), kMaxLots);
}

TEST(LotLimitTest, TooManyPendingLotsAreRefused) {
  AccountState state;
  for (int64_t i = 1; i <= kMost; ++i)
    state.pending.push_back({Day(i), Fixed(5000, 1)});
  Account account(state);
  const std::string before = Shown(account.state());
  EXPECT_EQ(ReasonOf(account.Earn(Fixed(5001, 1), Day(1), Day(0), {}).status()),
            Reason::kLimitReached);
  EXPECT_EQ(Shown(account.state()), before);
  EXPECT_TRUE(account.Earn(Fixed(5000, 1), Day(1), Day(0), {}).ok());
}

TEST(LotLimitTest, WhatMustBeTakenInJoinsTheNextLotToExpire) {
  Account account = AccountFullOfLots();
  const std::vector<Lot> spent = {Fixed(1013, 7)};
  const LedgerEntry entry = account.Restore(spent, Day(0), {});
  EXPECT_EQ(account.state().lots.size(), kMaxLots);
  EXPECT_EQ(account.state().lots[1].points, Points(8));
  EXPECT_THAT(LotsOf(entry), testing::ElementsAre(testing::Pair(1020, 7)));
}

TEST(LotLimitTest, OrPutsTheLastLotOffToItsOwnExpiry) {
  Account account = AccountFullOfLots();
  const int64_t last = 1000 + 10 * kMost;
  const std::vector<Lot> spent = {Fixed(last + 5, 7)};
  const LedgerEntry entry = account.Restore(spent, Day(0), {});
  EXPECT_EQ(account.state().lots.size(), kMaxLots);
  EXPECT_EQ(account.state().lots.back().points, Points(8));
  EXPECT_THAT(LotsOf(entry), testing::ElementsAre(testing::Pair(last, -1),
                                                  testing::Pair(last + 5, 8)));
}

TEST(LotLimitTest, AThousandReleasesIntoAFullAccountLeaveItFullAndWhole) {
  AccountState state = AccountFullOfLots().state();
  for (int64_t i = 1; i <= kMost; ++i) {
    state.pending.push_back({Day(i), Fixed(1000 + 11 * i, 1)});
  }
  state.pending.push_back({Day(kMost), Idle(1500, 1)});
  Account account(state);
  const std::vector<LedgerEntry> entries =
      account.AdvanceTo(Day(1000), DueTerms());
  EXPECT_EQ(entries.size(), kMaxPendingLots + 1);
  EXPECT_EQ(account.state().lots.size(), kMaxLots + 1);
  EXPECT_EQ(account.available(), Points(2 * kMost + 1));
}

AccountState Busy() {
  AccountState state{.lots = {Fixed(10, 5), Fixed(20, 1)},
                     .pending = {{Day(3), Fixed(30, 2)}},
                     .holds = {},
                     .deficit = Points(),
                     .entries = 3,
                     .latest = Day(1)};
  state.holds = {{HoldId("h"), Day(2), {Fixed(40, 7)}}};
  return state;
}

TEST(WholeAccountTest, WhatCommandsLeaveIsWhole) {
  EXPECT_TRUE(IsWhole(Busy()));
  EXPECT_TRUE(IsWhole({.latest = absl::UnixEpoch()}));
  AccountState state = AccountFullOfLots().state();
  state.latest = Day(0);
  EXPECT_TRUE(IsWhole(state));
  state.lots[0].points = kMaxBalance;
  EXPECT_TRUE(IsWhole(state));
}

using Damage = void (*)(AccountState&);

TEST(WholeAccountTest, WhatNoCommandLeavesIsNot) {
  const Damage damages[] = {
      [](AccountState& state) { state.lots[1].points = Points(); },
      [](AccountState& state) { state.lots[1].points = Points(-1); },
      [](AccountState& state) { state.lots[1].points = Points(INT64_MAX); },
      [](AccountState& state) { state.pending[0].lot.points = Points(); },
      [](AccountState& state) { state.holds[0].lots[0].points = Points(); },
      [](AccountState& state) { std::swap(state.lots[0], state.lots[1]); },
      [](AccountState& state) {
        state.pending.push_back({Day(2), Fixed(30, 2)});
      },
      [](AccountState& state) {
        state.holds.push_back({HoldId("i"), Day(1), {}});
      },
      [](AccountState& state) { state.deficit = Points(1); },
      [](AccountState& state) { state.deficit = Points(-1); },
      [](AccountState& state) { state.entries = -1; },
      [](AccountState& state) { state.latest = absl::InfinitePast(); },
      [](AccountState& state) { state.latest = Day(3'000'000); }};
  for (const Damage& damage : damages) {
    AccountState state = Busy();
    damage(state);
    EXPECT_FALSE(IsWhole(state)) << &damage - damages;
  }
}

}  // namespace
}  // namespace pistis
