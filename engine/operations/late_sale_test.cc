// A sale that a till tells after later ones of the same member.
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

#include "engine/operations/explain_order.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

class LateSaleTest : public testing::Test {
 protected:
  void Open(absl::string_view yaml) {
    OpenWith(yaml, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }

  // The discount of a sale of 5.00 that was made at `placed`, told now.
  int64_t Sell(absl::string_view order, absl::string_view placed) {
    v1::CommitOrderRequest sale = SaleRequest(order, "ann", {500});
    *sale.mutable_order()->mutable_placed_time() =
        ToTimestamp(TimeAt(placed, Athens()));
    const auto sold = shop_.Commit(sale);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? sold->quote().discount_minor() : -1;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 20:00", Athens())};
  TestShop shop_{store_, clock_};
};

TEST_F(LateSaleTest, GetsWhatTheHourOfItsSaleGives) {
  Open(R"(
rules:
  - id: morning
    valid: {hours: "09:00-12:00"}
    discount: {amount: "1.00"}
)");
  EXPECT_EQ(Sell("noon", "2026-01-10 15:00"), 0);
  EXPECT_EQ(Sell("late", "2026-01-10 10:00"), 100);
  v1::ExplainOrderRequest explain;
  explain.set_program_id(std::string(kShop));
  explain.set_order_id("late");
  const auto explained = shop_.Ask(ExplainOrder, explain);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->discount_minor(), 100);
}

TEST_F(LateSaleTest, CountsInTheWindowOfItsOwnDay) {
  Open(R"(
rules:
  - id: daily
    limits: [{per: member, window: day, times: 1}]
    discount: {amount: "1.00"}
)");
  EXPECT_EQ(Sell("today", "2026-01-10 15:00"), 100);
  EXPECT_EQ(Sell("yesterday", "2026-01-09 15:00"), 100);
  EXPECT_EQ(Sell("yesterday-again", "2026-01-09 16:00"), 0);
  EXPECT_EQ(Sell("today-again", "2026-01-10 16:00"), 0);
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

// However the sales are told, no 30 days get more than two.
TEST_F(LateSaleTest, PassesNoRollingLimitOfTheDaysAfterIt) {
  Open(R"(
rules:
  - id: monthly
    limits: [{per: member, window: 30d, times: 2}]
    discount: {amount: "1.00"}
)");
  EXPECT_EQ(Sell("a", "2026-01-10 15:00"), 100);
  EXPECT_EQ(Sell("b", "2026-01-09 15:00"), 100);
  EXPECT_EQ(Sell("c", "2026-01-08 15:00"), 0);
  EXPECT_EQ(Sell("d", "2026-01-07 15:00"), 0);
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

}  // namespace
}  // namespace pistis
