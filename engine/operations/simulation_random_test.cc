// A simulation of a random past against what the program itself came to.
#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/operations/simulation_trial_test.h"
#include "engine/operations/testing.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"
#include "engine/storage/testing.h"

namespace pistis {
namespace {

// All that a sale or a return can do.
constexpr absl::string_view kEverything = R"(
points:
  value: "0.01"
  redeem: {minimum: 10, step: 5, max_share: "60%"}
  expire: {after: 20d, refund_grace: 3d}
  pending: {for: 2d}
margin:
  unknown_cost: {assume: "70%"}
  category_cost: {"drinks": "33.3%"}
  order: {max_discount: "30%", max_share_of_margin: "50%"}
  line: {never_below_cost: true}
tiers:
  - {id: silver, qualify: {spend: "20.00", within: 30d}, keep_for: 10d}
  - {id: gold, qualify: {orders: 8}}
segments:
  - {id: big, when: member.spend > amount("40.00")}
budgets:
  - {id: each, per: member, window: 3d, max_discount: "2.00", max_points: 150}
  - {id: drinks, per: rule, window: day, max_discount: "1.50", max_times: 4}
rules:
  - {id: base, earn: {points: 7, per: "0.90"}}
  - {id: tier, when: member.tier != "", earn: {multiply: "1.5"}}
  - {id: drinks, lines: line.category == "drinks", discount: {percent: "12.5%", max: "1.00"}, priority: 300, budget: drinks}
  - {id: loyal, when: member.orders >= 3, discount: {percent: "3.3%"}, limits: [{per: member, window: 2d, times: 1}]}
  - {id: often, when: '"big" in member.segments', earn: {points: 20}, limits: [{per: campaign, window: day, times: 2}]}
  - {id: next, when: order.subtotal >= amount("9.00"), issue_code: next, note: thanks}
codes:
  - {id: next, discount: {amount: "0.77"}, uses: 2, expires: 10d}
notes:
  - {id: thanks, channel: print, text: {en: "{{code}}"}}
)";

// A shop whose members buy, return, pay with points and type codes at random.
class RandomPast {
 public:
  RandomPast(uint64_t seed, absl::string_view rules) : random_(seed) {
    OpenWith(rules, shop_);
    for (const char* member : {"ann", "ben", "cleo", "dan"})
      EXPECT_EQ(NameOf(shop_.Enrol(MemberRequest(member)).status()), "OK");
  }

  void Step() {
    clock_.Advance(absl::Minutes(Below(600)));
    const int kind = Below(100);
    if (kind < 65) return Sell();
    if (kind < 90) return Return();
    EXPECT_TRUE(shop_.ExpireAll(ProgramId(kShop)).ok());
  }

  TestShop& shop() { return shop_; }
  FakeClock& clock() { return clock_; }

 private:
  int Below(int limit) {
    return std::uniform_int_distribution<int>(0, limit - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < percent; }

  void Sell() {
    const char* members[] = {"ann", "ben", "cleo", "dan", ""};
    const std::string member = members[Below(5)];
    v1::CommitOrderRequest request =
        SaleRequest(absl::StrCat("o", ++orders_), member, {});
    v1::Order& order = *request.mutable_order();
    for (int i = Below(3); i >= 0; --i) {
      v1::OrderLine& line = *order.add_lines();
      line.set_line_id(absl::StrCat("l", i));
      line.set_quantity(1 + Below(4));
      line.set_amount_minor(Below(900));
      if (Chance(40)) line.set_category("drinks");
      if (Chance(20)) line.set_cost_minor(Below(700));
    }
    if (Chance(30)) order.set_shipping_minor(Below(500));
    if (Chance(20)) {
      *order.mutable_placed_time() =
          ToTimestamp(clock_.Now() - absl::Hours(Below(48)));
    }
    if (!member.empty() && Chance(30)) order.mutable_redeem()->set_all(true);
    if (!member.empty() && Chance(20)) {
      order.mutable_redeem()->set_points(5 * (1 + Below(12)));
    }
    if (!codes_.empty() && Chance(50)) {
      const size_t newest = std::min<size_t>(4, codes_.size());
      order.add_codes(
          codes_[codes_.size() - 1 -
                 static_cast<size_t>(Below(static_cast<int>(newest)))]);
    }
    const auto sold = shop_.Commit(request);
    if (!sold.ok()) return;
    for (const v1::IssuedCode& code : sold->issued_codes())
      codes_.push_back(code.code());
    sales_.push_back(order);
  }

  v1::RefundLine PartOf(const v1::OrderLine& line) {
    const int most = static_cast<int>(line.amount_minor());
    v1::RefundLine part;
    part.set_line_id(line.line_id());
    Chance(50) ? part.set_quantity(1 + Below(2))
               : part.set_amount_minor(1 + Below(most + 1));
    return part;
  }

  void Return() {
    if (sales_.empty()) return;
    const v1::Order& order =
        sales_[static_cast<size_t>(Below(static_cast<int>(sales_.size())))];
    v1::RefundOrderRequest request =
        RefundRequest(order.order_id(), absl::StrCat("r", ++refunds_));
    for (const v1::OrderLine& line : order.lines()) {
      if (Chance(50)) *request.add_lines() = PartOf(line);
    }
    // More than is left is refused, and no part of the past.
    (void)shop_.Refund(request).ok();
  }

  std::mt19937_64 random_;
  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
  int orders_ = 0;
  int refunds_ = 0;
  std::vector<v1::Order> sales_;
  std::vector<std::string> codes_;
};

v1::ProgramStats StatsOf(const TestShop& shop) {
  v1::GetProgramStatsRequest request;
  request.set_program_id(std::string(kShop));
  const auto stats = shop.Ask(GetProgramStats, request);
  EXPECT_TRUE(stats.ok()) << stats.status();
  return stats.value_or(v1::ProgramStats());
}

// The sums that a program keeps as well.
v1::ProgramStats KeptOf(const v1::SimulationReport& report) {
  const v1::SimulatedSums& sums = report.current();
  v1::ProgramStats kept;
  kept.set_members(sums.members());
  kept.set_orders(sums.orders());
  kept.set_refunds(sums.refunds());
  kept.set_sales_minor(sums.sales_minor());
  kept.set_returned_minor(sums.returned_minor());
  kept.set_discount_minor(sums.discount_minor());
  kept.set_redeemed_minor(sums.redeemed_minor());
  kept.set_margin_before_minor(sums.margin_before_minor());
  kept.set_points_issued(sums.points_issued());
  kept.set_points_redeemed(sums.points_redeemed());
  kept.set_points_expired(sums.points_expired());
  kept.set_points_forgiven(sums.points_forgiven());
  kept.set_points_outstanding(sums.points_outstanding());
  kept.set_outstanding_worth_minor(sums.outstanding_worth_minor());
  kept.set_codes_issued(sums.codes_issued());
  kept.set_codes_used(sums.codes_used());
  kept.set_notes_requested(sums.notes_requested());
  for (const v1::SimulatedBound& cap : report.caps()) {
    v1::CapCount& count = *kept.add_caps();
    count.set_cap_id(cap.id());
    count.set_orders(cap.current().orders());
    count.set_trimmed_minor(cap.current().trimmed_minor());
  }
  return kept;
}

TEST(SimulationRandomTest, ARulebookAgainstItselfComesToWhatTheProgramCameTo) {
  const uint64_t seed = TestSeed();
  int64_t expired = 0;
  for (int i = 0; i < 10; ++i) {
    SCOPED_TRACE(absl::StrCat("PISTIS_TEST_SEED=", seed, ", past ", i));
    RandomPast past(seed + static_cast<uint64_t>(i), kEverything);
    for (int step = 0; step < 300; ++step)
      past.Step();
    past.clock().Advance(absl::Hours(30));
    ASSERT_TRUE(past.shop().ExpireAll(ProgramId(kShop)).ok());
    v1::ProgramStats stats = StatsOf(past.shop());
    // Held back by the rulebook: what is pending is told by the program alone.
    stats.clear_points_pending();
    const auto report = Trial(past.shop()).Against(kEverything).Run();
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(KeptOf(*report).DebugString(), stats.DebugString());
    ExpectNoDifference(*report);
    EXPECT_EQ(report->refusals_size(), 0) << report->DebugString();
    EXPECT_EQ(report->current().codes_left_out(), 0);
    EXPECT_EQ(report->current().redemptions_cut(), 0);
    ASSERT_GT(stats.points_redeemed(), 0);
    expired += stats.points_expired();
    ASSERT_GT(stats.codes_used(), 0);
    ASSERT_GT(report->limits_size(), 0);
    ASSERT_GT(report->tiers_size(), 2);
    if (HasFailure()) return;
  }
  EXPECT_GT(expired, 0);
}

TEST(SimulationRandomTest, NothingOfTheProgramChanges) {
  RandomPast past(7, kEverything);
  for (int step = 0; step < 100; ++step)
    past.Step();
  const Contents before = past.shop().All();
  ASSERT_TRUE(Trial(past.shop()).Against("rules: []\n").Run().ok());
  EXPECT_EQ(past.shop().All(), before);
}

TEST(SimulationRandomTest, ItEndsWhereNobodyWaits) {
  RandomPast past(7, kEverything);
  for (int step = 0; step < 200; ++step)
    past.Step();
  for (const absl::string_view stage : {"sales", "members"}) {
    const auto report = Trial(past.shop())
                            .Against(kEverything)
                            .Run([&](const v1::SimulationProgress& progress) {
                              return progress.stage() != stage;
                            });
    EXPECT_EQ(report.status().code(), absl::StatusCode::kCancelled) << stage;
  }
}

}  // namespace
}  // namespace pistis
