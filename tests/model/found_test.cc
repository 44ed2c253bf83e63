// What the model found in the engine, by hand.
#include <string>
#include <utility>

#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/operations/verify_ledger.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

// What VerifyLedger finds; empty: nothing.
std::string FindingsOf(TestShop& shop) {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  const auto report =
      VerifyLedger(*shop.GetSnapshot(), request,
                   [](const v1::VerifyProgress&) { return true; });
  if (!report.ok()) return std::string(report.status().message());
  return report->finding_count() == 0 ? "" : report->DebugString();
}

// The points of the first sale expire at the very moment of the second one.
TEST(FoundByTheModelTest, ARefundCountsNoPointsThatExpiredAheadOfItsSale) {
  MemoryStore store;
  FakeClock clock(TimeAt("2026-01-10 10:00", Athens()));
  TestShop shop(store, clock);
  OpenWith(R"(
points:
  expire: {after_inactivity: 1d}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)",
           shop);
  ASSERT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
  ASSERT_TRUE(shop.Commit(SaleRequest("o1", "ann", {2000})).ok());
  clock.Set(TimeAt("2026-01-12 00:00", Athens()));
  const auto sold = shop.Commit(SaleRequest("o2", "ann", {1000}));
  ASSERT_TRUE(sold.ok()) << sold.status();
  EXPECT_EQ(sold->account().available(), 10);
  const auto refunded = shop.Refund(RefundRequest("o2", "r1"));
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->points_clawed_back(), 10);
  EXPECT_EQ(refunded->account().available(), 0);
}

// All that a sale earns fills what is owed; pending idle points are put off.
TEST(FoundByTheModelTest, ARecountKnowsPointsThatWereOnlyPutOff) {
  MemoryStore store;
  FakeClock clock(TimeAt("2026-01-10 10:00", Athens()));
  TestShop shop(store, clock);
  OpenWith(R"(
points: {pending: {for: 9d}, expire: {after_inactivity: 9d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)",
           shop);
  ASSERT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
  ASSERT_TRUE(shop.Commit(SaleRequest("o1", "ann", {1000})).ok());
  ASSERT_TRUE(shop.Publish(RulebookRequest("publish-2", R"(
points: {expire: {after_inactivity: 20d}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)"))
                  .ok());
  v1::AdjustPointsRequest debt;
  debt.set_program_id(std::string(kShop));
  debt.set_request_id("q1");
  debt.set_member_id("ann");
  debt.set_points(-100);
  debt.set_reason("a correction");
  debt.set_allow_negative(true);
  ASSERT_TRUE(shop.Post(debt).ok());
  ASSERT_TRUE(shop.Commit(SaleRequest("o2", "ann", {1000})).ok());
  EXPECT_EQ(FindingsOf(shop), "");
}

constexpr char kIdleYear[] = R"(
points:
  expire: {after_inactivity: 365d}
  value: "0.01"
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
)";

TEST(FoundByTheModelTest, EachIdleExpiryAnswersForTheOrdersBeforeIt) {
  MemoryStore store;
  FakeClock clock(TimeAt("2015-01-10 10:00", Athens()));
  TestShop shop(store, clock);
  OpenWith(kIdleYear, shop);
  ASSERT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
  ASSERT_TRUE(shop.Commit(SaleRequest("o1", "ann", {10000})).ok());
  clock.Set(TimeAt("2017-01-10 10:00", Athens()));
  ASSERT_TRUE(shop.Commit(SaleRequest("o2", "ann", {5000})).ok());
  clock.Set(TimeAt("2019-01-10 10:00", Athens()));
  for (const auto& [order, refund] :
       {std::pair("o1", "r1"), std::pair("o2", "r2")}) {
    const auto refunded = shop.Refund(RefundRequest(order, refund));
    ASSERT_TRUE(refunded.ok()) << refunded.status();
    EXPECT_EQ(refunded->account().available(), 0) << order;
  }
  EXPECT_EQ(FindingsOf(shop), "");
}

TEST(FoundByTheModelTest, PointsSpentBeforeAnIdleExpiryAreNotExcusedByIt) {
  MemoryStore store;
  FakeClock clock(TimeAt("2015-01-10 10:00", Athens()));
  TestShop shop(store, clock);
  OpenWith(kIdleYear, shop);
  ASSERT_TRUE(shop.Enrol(MemberRequest("ann")).ok());
  ASSERT_TRUE(shop.Commit(SaleRequest("o1", "ann", {10000})).ok());
  v1::RedeemPointsRequest spent;
  spent.set_program_id(std::string(kShop));
  spent.set_request_id("q1");
  spent.set_member_id("ann");
  spent.set_points(100);
  ASSERT_TRUE(shop.Post(spent).ok());
  clock.Set(TimeAt("2015-06-10 10:00", Athens()));
  ASSERT_TRUE(shop.Commit(SaleRequest("o2", "ann", {15000})).ok());
  clock.Set(TimeAt("2017-01-10 10:00", Athens()));
  const auto refunded = shop.Refund(RefundRequest("o1", "r1"));
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->account().available(), -100);
  EXPECT_EQ(FindingsOf(shop), "");
}

}  // namespace
}  // namespace pistis
