// Random sales, refunds, redemptions and expiries; after each step all that is
// stored must agree with a naive recount.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

// Small amounts and round shares of them, so that rounding, caps and empty
// balances are met often.
constexpr absl::string_view kRulebooks[] = {
    R"(
points:
  value: "0.01"
  redeem: {minimum: 10, step: 5, max_share: "60%"}
  expire: {after: 20d, refund_grace: 3d}
earning_basis: {tax: excluded}
margin:
  unknown_cost: {assume: "70%"}
  category_cost: {"drinks": "33.3%"}
  order: {max_discount: "30%", max_share_of_margin: "50%"}
  line: {never_below_cost: true}
rules:
  - {id: base, earn: {points: 7, per: "0.90"}}
  - {id: visit, when: 'order.channel == "pos"', earn: {points: 3}}
  - id: drinks
    lines: line.category == "drinks"
    discount: {percent: "12.5%", max: "1.00"}
    earn: {points: 1, per: "0.10"}
    priority: 300
  - {id: loyal, when: member.orders >= 3, discount: {percent: "3.3%"}}
  - {id: big, when: order.subtotal >= amount("9.00"), issue_code: next,
     note: thanks}
codes:
  - {id: next, discount: {amount: "0.77"}, uses: 2, expires: 10d}
notes:
  - {id: thanks, channel: print, text: {en: "{{name}} {{code}} {{points}}"}}
)",
    R"(
points:
  value: "0.003"
  expire: {after: 5d}
  refund_shortfall: forgive
tax: {prices_include_tax: false}
earning_basis: {tax: included, after_discounts: false}
margin:
  unknown_cost: {refuse_discounts: true}
  order: {max_discount: "40%"}
  counts: {redeemed_points: false}
rules:
  - {id: base, earn: {points: 1, per: "0.07"}}
  - {id: off, discount: {percent: "9%"}}
  - {id: first, when: member.orders == 1, issue_code: next}
codes:
  - {id: next, discount: {percent: "50%"}, bound_to_member: true}
)",
    R"(
points: {value: "0.05", redeem: {step: 3}}
rules:
  - {id: visit, earn: {points: 11}}
  - {id: base, lines: 'line.amount > amount("1.00")', earn: {points: 2, per: "0.33"}}
)",
    // All shapes, groups and limits.
    R"(
points: {value: "0.01", on_return: recompute}
rounding: {points: half_up, money: half_even}
margin:
  unknown_cost: {assume: "60%"}
  order: {max_discount: "60%"}
rules:
  - {id: base, earn: {points: 3, per: "0.70"}}
  - {id: table, earn: {steps: [{up_to: "5.00", points: 1, per: "0.50"}, {points: 9}]}}
  - {id: each, lines: line.sku == "s1", earn: {points: 2, per_unit: true}}
  - {id: drinks, lines: line.category == "drinks", earn: {multiply: "1.7"}}
  - {id: less, when: order.channel == "pos", earn: {multiply: "0.5"}, stack: {group: more, mode: best}}
  - {id: bonus, earn: {points: 10}, stack: {group: more}, limits: [{per: member, window: day, points: 25}]}
  - {id: fixed, lines: line.sku == "s0", discount: {fixed_price: "1.50"}}
  - {id: off-each, lines: line.sku == "s2", discount: {amount: "0.10", per_unit: true}}
  - {id: free, discount: {free_item: {sku: s1}}, limits: [{per: day, times: 3}]}
  - {id: set, discount: {buy: {quantity: 2}, get: {quantity: 1, percent: "33%"}, minimum: "0.20"}, stack: {group: one, mode: first}}
  - {id: cheapest, discount: {cheapest: {quantity: 2, percent: "20%"}, of: original}, stack: {group: one}}
  - {id: shipping, discount: {shipping: {percent: "50%"}}, stack: {group: send, excludes: [one]}}
  - {id: rest, discount: {percent: "5%"}, priority: 10, limits: [{per: member, window: 2d, discount: "0.60"}]}
  - {id: hours, discount: {percent: "5%"}, valid: {days: [sat, sun, mon], hours: "20:00-06:00"}}
)"};

class Trade {
 public:
  explicit Trade(uint64_t seed) : random_(seed) {
    OpenWith(kRulebooks[0], shop_);
    for (const char* member : {"ann", "ben", "cleo"}) {
      v1::CreateMemberRequest request = MemberRequest(member);
      request.mutable_member()->set_display_name(member);
      EXPECT_TRUE(shop_.Enrol(request).ok());
    }
  }

  // One random step; what it was.
  std::string Step() {
    clock_.Advance(absl::Minutes(Below(600)));
    const int kind = Below(100);
    if (kind < 50) return Sell();
    if (kind < 75) return Refund();
    if (kind < 85) return Retry();
    if (kind < 97) return Expire();
    return Publish();
  }

  [[nodiscard]] std::vector<std::string> Findings() const {
    return Audit(shop_, program_);
  }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }

  v1::CommitOrderRequest RandomSale() {
    const char* members[] = {"ann", "ben", "cleo", ""};
    const std::string member = members[Below(4)];
    v1::CommitOrderRequest request =
        SaleRequest(absl::StrCat("o", ++orders_), member, {});
    v1::Order& order = *request.mutable_order();
    for (int i = Below(4); i >= 0; --i) {
      v1::OrderLine& line = *order.add_lines();
      line.set_line_id(absl::StrCat("l", i));
      line.set_quantity(1 + Below(4));
      line.set_amount_minor(Chance(10) ? Below(4) : Below(900));
      line.set_tax_minor(line.amount_minor() * Below(25) / 125);
      if (Chance(40)) line.set_cost_minor(Below(700));
      if (Chance(40)) line.set_category("drinks");
      line.set_sku(absl::StrCat("s", Below(4)));
    }
    if (Chance(60)) order.set_channel("pos");
    if (Chance(30)) order.set_shipping_minor(Below(500));
    if (Chance(20)) {
      *order.mutable_placed_time() =
          ToTimestamp(clock_.Now() - absl::Hours(Below(48)));
    }
    if (!member.empty() && Chance(30)) order.mutable_redeem()->set_all(true);
    if (!member.empty() && Chance(15)) {
      order.mutable_redeem()->set_points(Below(60));
    }
    // The newest ones: the others expire unused.
    if (!codes_.empty() && Chance(40)) {
      const int newest = std::min<int>(4, static_cast<int>(codes_.size()));
      order.add_codes(
          codes_[codes_.size() - 1 - static_cast<size_t>(Below(newest))]);
    }
    return request;
  }

  // The quote right before is what the sale gets, or refuses.
  std::string Sell() {
    const v1::CommitOrderRequest request = RandomSale();
    v1::QuoteOrderRequest asked;
    asked.set_program_id(request.program_id());
    *asked.mutable_order() = request.order();
    const auto quote = shop_.Ask(QuoteOrder, asked);
    const Contents before = shop_.All();
    const auto sold = shop_.Commit(request);
    EXPECT_EQ(NameOf(quote.status()), NameOf(sold.status()));
    const std::string what = absl::StrCat("sell ", request.ShortDebugString(),
                                          " -> ", NameOf(sold.status()));
    if (!sold.ok()) {
      EXPECT_EQ(shop_.All(), before) << what;
      return what;
    }
    EXPECT_EQ(sold->quote().SerializeAsString(), quote->SerializeAsString());
    for (const v1::IssuedCode& code : sold->issued_codes()) {
      codes_.push_back(code.code());
    }
    sales_.push_back(request);
    replies_.push_back(sold->SerializeAsString());
    CheckAmounts(request.order(), sold->quote());
    return what;
  }

  static void CheckAmounts(const v1::Order& order, const v1::Quote& quote) {
    int64_t paid = order.shipping_minor() - quote.shipping_discount_minor();
    int64_t discount = quote.shipping_discount_minor();
    int64_t redeemed = 0;
    for (const v1::LineTotal& line : quote.lines()) {
      EXPECT_GE(line.total_minor(), 0);
      EXPECT_GE(line.discount_minor(), 0);
      EXPECT_GE(line.redeemed_minor(), 0);
      paid += line.total_minor();
      discount += line.discount_minor();
      redeemed += line.redeemed_minor();
    }
    EXPECT_EQ(quote.total_minor(), paid);
    EXPECT_EQ(quote.discount_minor(), discount);
    EXPECT_EQ(quote.redeemed_minor(), redeemed);
  }

  std::string Refund() {
    if (sales_.empty()) return "nothing to refund";
    const size_t pick =
        static_cast<size_t>(Below(static_cast<int>(sales_.size())));
    const v1::Order& order = sales_[pick].order();
    v1::RefundOrderRequest request =
        RefundRequest(order.order_id(), absl::StrCat("r", ++refunds_));
    for (const v1::OrderLine& line : order.lines()) {
      if (Chance(50)) continue;
      v1::RefundLine& part = *request.add_lines();
      part.set_line_id(line.line_id());
      if (Chance(50)) {
        part.set_quantity(1 + Below(2));
      } else {
        part.set_amount_minor(1 +
                              Below(static_cast<int>(line.amount_minor()) + 1));
      }
    }
    if (Chance(20)) {
      *request.mutable_placed_time() =
          ToTimestamp(clock_.Now() - absl::Hours(Below(100)));
    }
    const Contents before = shop_.All();
    const auto refunded = shop_.Refund(request);
    const std::string what = absl::StrCat("refund ", request.ShortDebugString(),
                                          " -> ", NameOf(refunded.status()));
    if (!refunded.ok()) {
      EXPECT_EQ(shop_.All(), before) << what;
      return what;
    }
    EXPECT_GE(refunded->refund_minor(), 0) << what;
    EXPECT_GE(refunded->points_clawed_back(), 0) << what;
    EXPECT_GE(refunded->points_restored(), 0) << what;
    EXPECT_EQ(shop_.Refund(request)->SerializeAsString(),
              refunded->SerializeAsString());
    if (refunded->whole()) CheckWhole(order.order_id(), what);
    return what;
  }

  // What came back of a whole order is what was paid, earned and redeemed.
  void CheckWhole(const std::string& order_id, const std::string& what) {
    v1::GetOrderRequest request;
    request.set_program_id(std::string(kShop));
    request.set_order_id(order_id);
    const auto order = shop_.Ask(GetOrder, request);
    ASSERT_TRUE(order.ok()) << order.status();
    const v1::Quote& quote = order->committed().quote();
    EXPECT_EQ(order->state(), v1::CommittedOrder::REFUNDED) << what;
    EXPECT_EQ(order->refunded_minor(), quote.total_minor()) << what;
    EXPECT_EQ(order->points_clawed_back(), quote.points_earned()) << what;
    EXPECT_EQ(order->points_restored(), quote.points_redeemed()) << what;
  }

  std::string Retry() {
    if (sales_.empty()) return "nothing to retry";
    const size_t pick =
        static_cast<size_t>(Below(static_cast<int>(sales_.size())));
    const Contents before = shop_.All();
    const auto again = shop_.Commit(sales_[pick]);
    EXPECT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), replies_[pick]);
    v1::CommitOrderRequest other = sales_[pick];
    other.mutable_order()->set_store_id("elsewhere");
    EXPECT_EQ(NameOf(shop_.Commit(other).status()), "REQUEST_ID_REUSED");
    EXPECT_EQ(shop_.All(), before);
    return absl::StrCat("retry ", other.order().order_id());
  }

  std::string Expire() {
    clock_.Advance(absl::Hours(Below(120)));
    if (Chance(30)) return "time passes";
    const auto reply = shop_.Expire(
        {.program = program_, .max_members = size_t(1 + Below(3))});
    EXPECT_TRUE(reply.ok()) << reply.status();
    return "expire";
  }

  std::string Publish() {
    const size_t pick = static_cast<size_t>(Below(std::size(kRulebooks)));
    const auto published = shop_.Publish(RulebookRequest(
        absl::StrCat("publish-", ++published_), kRulebooks[pick]));
    EXPECT_TRUE(published.ok()) << published.status();
    return absl::StrCat("publish ", pick);
  }

  const ProgramId program_{kShop};
  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int orders_ = 0;
  int refunds_ = 0;
  int published_ = 1;
  std::vector<v1::CommitOrderRequest> sales_;
  std::vector<std::string> replies_;
  std::vector<std::string> codes_;
};

TEST(ConsistencyTest, AllThatIsStoredAgreesAfterEveryStep) {
  constexpr int kTrades = 12;
  constexpr int kSteps = 120;
  const uint64_t seed = TestSeed();
  for (int i = 0; i < kTrades; ++i) {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed, ", trade ", i));
    Trade trade(seed + static_cast<uint64_t>(i));
    for (int step = 0; step < kSteps; ++step) {
      const std::string what = trade.Step();
      ASSERT_EQ(trade.Findings(), std::vector<std::string>())
          << "step " << step << ": " << what;
      if (testing::Test::HasFailure()) GTEST_FAIL() << what;
    }
  }
}

}  // namespace
}  // namespace pistis
