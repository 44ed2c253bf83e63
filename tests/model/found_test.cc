// What the model found in the engine, by hand.
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

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

}  // namespace
}  // namespace pistis
