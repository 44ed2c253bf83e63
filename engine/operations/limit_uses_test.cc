// What orders use of limits, and what a recount sees of it.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
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

// A code of template `ten` for each web order, limited over all of them.
constexpr absl::string_view kCodes = R"(
rules: [{id: thank, when: order.channel == "web", issue_code: ten}]
codes:
  - id: ten
    discount: {percent: "10%"}
    uses: 9
    limits: [{per: member, window: day, times: 1}, {per: campaign, discount: "1.20"}]
)";

class CodeLimitsTest : public testing::Test {
 protected:
  CodeLimitsTest() {
    OpenWith(kCodes, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
    v1::CommitOrderRequest first = SaleRequest("first", "ann", {500});
    first.mutable_order()->set_channel("web");
    const auto sold = shop_.Commit(first);
    EXPECT_TRUE(sold.ok()) << sold.status();
    code_ = sold->issued_codes(0).code();
  }

  v1::Quote Sell(const std::string& order) {
    v1::CommitOrderRequest request = SaleRequest(order, "ann", {500});
    request.mutable_order()->add_codes(code_);
    const auto sold = shop_.Commit(request);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? sold->quote() : v1::Quote();
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  std::string code_;
};

TEST_F(CodeLimitsTest, ACodeOverItsLimitIsWithheldAndNotUsedUp) {
  EXPECT_EQ(Sell("o1").discount_minor(), 50);
  const v1::Quote withheld = Sell("o2");
  EXPECT_EQ(withheld.discount_minor(), 0);
  ASSERT_EQ(withheld.withheld_size(), 1);
  EXPECT_EQ(withheld.withheld(0).code(), code_);
  EXPECT_EQ(withheld.withheld(0).rule_id(), "");
  EXPECT_EQ(withheld.withheld(0).reason(), v1::WithheldRule::LIMIT_REACHED);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Sell("o3").discount_minor(), 50);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(Sell("o4").discount_minor(), 20) << "what is left for all";
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

TEST_F(CodeLimitsTest, AFullRefundGivesTheUseBackOnce) {
  Sell("o1");
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r1")).ok());
  ASSERT_TRUE(shop_.Refund(RefundRequest("o1", "r1")).ok());
  EXPECT_EQ(Sell("o2").discount_minor(), 50);
  EXPECT_EQ(Sell("o3").discount_minor(), 0);
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

TEST_F(CodeLimitsTest, ARecountFindsAWindowThatIsNotWhatCodesUsed) {
  Sell("o1");
  const Contents whole = shop_.All();
  ASSERT_EQ(RecountOf(whole).finding_count(), 0);
  int windows = 0;
  for (const auto& [key, value] : whole) {
    if (key[0] != 'L') continue;
    ++windows;
    Contents changed = whole;
    changed.erase(key);
    EXPECT_GE(RecountOf(changed).finding_count(), 1);
  }
  EXPECT_EQ(windows, 2);
}

TEST(WithheldTest, TheFirstHundredAreToldAndTheOthersCounted) {
  MemoryStore store;
  FakeClock clock(TimeAt("2026-01-10 10:00"));
  TestShop shop(store, clock);
  std::string yaml = "rules:\n";
  for (int i = 1000; i < 1130; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i,
                    ", discount: {amount: \"1.00\"}, limits: [{per: member, "
                    "times: 1}]}\n");
  }
  OpenWith(yaml, shop);
  // A sale without a member gets nothing that is limited per member.
  const auto sold = shop.Commit(SaleRequest("o1", "", {500}));
  ASSERT_TRUE(sold.ok()) << sold.status();
  ASSERT_EQ(sold->quote().withheld_size(), 100);
  EXPECT_EQ(sold->quote().withheld(0).rule_id(), "r1000");
  EXPECT_EQ(sold->quote().withheld(99).rule_id(), "r1099");
  EXPECT_EQ(sold->quote().unlisted_withheld(), 30);
  v1::QuoteOrderRequest request;
  request.set_program_id(std::string(kShop));
  *request.mutable_order() = SaleRequest("o2", "", {500}).order();
  request.set_explain(true);
  const auto quote = shop.Ask(QuoteOrder, request);
  ASSERT_TRUE(quote.ok()) << quote.status();
  ASSERT_EQ(quote->trace().steps_size(), 130);
  for (const v1::TraceStep& step : quote->trace().steps())
    EXPECT_EQ(step.withheld(), v1::WithheldRule::LIMIT_REACHED);
}

}  // namespace
}  // namespace pistis
