// What orders use of limits, and what a recount sees of it.
#include <string>
#include <vector>

#include "gtest/gtest.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/operations/testing_proof.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

constexpr absl::string_view kRulebook = R"(
rules:
  - id: daily
    discount: {amount: "1.00"}
    earn: {points: 5}
    limits: [{per: member, window: day, times: 2}, {per: campaign, discount: "9.00"}]
)";

class LimitUsesTest : public testing::Test {
 protected:
  LimitUsesTest() {
    OpenWith(kRulebook, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }

  // The discount that the order got.
  int64_t Sell(const std::string& order) {
    const auto sold = shop_.Commit(SaleRequest(order, "ann", {500}));
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? sold->quote().discount_minor() : -1;
  }

  // The windows that are stored.
  [[nodiscard]] std::vector<std::string> Windows() const {
    std::vector<std::string> windows;
    for (const auto& [key, value] : shop_.All()) {
      if (key[0] == 'L') windows.push_back(key);
    }
    return windows;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

TEST_F(LimitUsesTest, AsManyOrdersGetItAsTheLimitSays) {
  EXPECT_EQ(Sell("o1"), 100);
  EXPECT_EQ(Sell("o2"), 100);
  EXPECT_EQ(Sell("o3"), 0);
  EXPECT_EQ(Windows().size(), 2U);
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

TEST_F(LimitUsesTest, AFullRefundGivesBackOnceToTheWindowOfTheSale) {
  Sell("o1");
  Sell("o2");
  clock_.Advance(absl::Hours(24));
  Sell("o3");
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r1")).ok());
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r1")).ok());
  EXPECT_FALSE(shop_.Refund(RefundRequest("o1", "r2")).ok());
  EXPECT_EQ(Sell("o4"), 100);
  EXPECT_EQ(Sell("o5"), 0);
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

TEST_F(LimitUsesTest, ARefusedSaleUsesNothing) {
  const Contents before = shop_.All();
  v1::CommitOrderRequest request = SaleRequest("o1", "ann", {500});
  request.mutable_order()->mutable_redeem()->set_points(5);
  EXPECT_FALSE(shop_.Commit(request).ok());
  EXPECT_EQ(shop_.All(), before);
}

TEST_F(LimitUsesTest, ARecountFindsAWindowThatIsNotWhatOrdersUsed) {
  Sell("o1");
  const Contents whole = shop_.All();
  ASSERT_EQ(RecountOf(whole).finding_count(), 0);
  for (const std::string& window : Windows()) {
    Contents changed = whole;
    changed.erase(window);
    EXPECT_GE(RecountOf(changed).finding_count(), 1);
    changed[window + "x"] = whole.at(window);
    EXPECT_GE(RecountOf(changed).finding_count(), 1);
    changed = whole;
    store::v1::LimitRecord record;
    ASSERT_TRUE(record.ParseFromString(changed[window]));
    record.set_times(record.times() + 1);
    changed[window] = record.SerializeAsString();
    EXPECT_GE(RecountOf(changed).finding_count(), 1);
  }
}

}  // namespace
}  // namespace pistis
