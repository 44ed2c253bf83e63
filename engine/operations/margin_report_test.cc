#include "engine/operations/margin_report.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_margins.h"
#include "engine/order/order.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using Request = v1::GetMarginReportRequest;

constexpr absl::string_view kRulebook = R"(
points: {value: "0.01", redeem: {step: 1}}
tax: {prices_include_tax: true}
margin:
  unknown_cost: {assume: "60%"}
  category_cost: {tea: "25%"}
  excluded_categories: [gift-card]
  order: {max_discount: "50%"}
tiers:
  - {id: silver, qualify: {spend: "30.00"}}
rules:
  - {id: base, earn: {points: 1, per: "1.00"}}
  - {id: tea, lines: line.category == "tea", discount: {percent: "10%"}}
  - {id: whole, when: order.store == "s2", discount: {amount: "1.00"}}
  - {id: next, when: member.orders == 1, issue_code: ten}
  - {id: post, discount: {shipping: {percent: "100%"}}}
codes:
  - {id: ten, discount: {percent: "10%"}}
)";

class MarginReportTest : public testing::Test {
 protected:
  void Open(absl::string_view yaml = kRulebook) { OpenWith(yaml, shop_); }

  v1::CommitOrderResponse Sell(const v1::CommitOrderRequest& request) {
    const auto reply = shop_.Commit(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.value_or(v1::CommitOrderResponse());
  }
  v1::CommitOrderResponse Sell(const std::string& order, int64_t amount) {
    return Sell(SaleRequest(order, "", {amount}));
  }
  void SellAt(const std::string& utc, const std::string& order,
              int64_t amount) {
    clock_.Set(TimeAt(utc));
    Sell(order, amount);
  }
  void Refund(const std::string& order, const std::string& refund,
              int64_t amount = 0) {
    v1::RefundOrderRequest request = RefundRequest(order, refund);
    if (amount > 0) {
      v1::RefundLine& line = *request.add_lines();
      line.set_line_id("l1");
      line.set_amount_minor(amount);
    }
    const auto reply = shop_.Refund(request);
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
  // Rows of a kind as "tea 1000 -5; ...": sales and margin after discounts.
  [[nodiscard]] static std::string Told(
      const google::protobuf::RepeatedPtrField<v1::MarginRow>& rows) {
    std::string told;
    for (const v1::MarginRow& row : rows) {
      const std::string id =
          row.others()      ? "(others)"
          : row.anonymous() ? "(nobody)"
          : row.has_code_template()
              ? absl::StrCat("code ", row.code_template())
              : absl::StrCat(row.day(), row.category(), row.store_id(),
                             row.rule_id(), row.tier_id());
      absl::StrAppend(&told, id, " ", row.sums().sales_minor(), " ",
                      row.sums().margin_after_minor(), "; ");
    }
    return told;
  }
  [[nodiscard]] absl::StatusOr<v1::MarginReport> Ask(
      const Request& request) const {
    return shop_.Ask(GetMarginReport, request);
  }
  [[nodiscard]] v1::MarginReport Report(
      const std::string& from, const std::string& to,
      std::vector<Request::Rows> by = {}) const {
    const auto report = Ask(ReportRequest(from, to, std::move(by)));
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(v1::MarginReport());
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-03-10 10:00")};
  TestShop shop_{store_, clock_};
};

TEST_F(MarginReportTest, ASaleIsInItAsSoonAsItIsAcknowledged) {
  Open();
  EXPECT_EQ(Report("2026-03-10", "2026-03-10").sums().orders(), 0);
  const v1::CommitOrderResponse reply = Sell("o1", 1000);
  const v1::MarginReport report = Report("2026-03-10", "2026-03-10");
  EXPECT_EQ(report.sums().orders(), 1);
  EXPECT_EQ(report.sums().sales_minor(), 1000);
  EXPECT_EQ(report.sums().cost_minor(), 600);
  EXPECT_EQ(report.sums().margin_before_minor(),
            reply.quote().margin().margin_before_minor());
  EXPECT_EQ(report.sums().margin_after_minor(),
            reply.quote().margin().margin_minor());
  EXPECT_EQ(report.commit_seq(), reply.commit_seq());
  FoldAll(shop_, store_);
  EXPECT_EQ(Report("2026-03-10", "2026-03-10").sums().orders(), 1);
  Sell("o2", 500);
  EXPECT_EQ(Report("2026-03-10", "2026-03-10").sums().sales_minor(), 1500);
}

TEST_F(MarginReportTest, DaysEndAtMidnightInTheShopsZoneAlsoWhenClocksChange) {
  Open();
  // Athens is two hours ahead, from 2026-03-29 to 2026-10-25 three.
  SellAt("2026-03-28 21:59", "a", 100);
  SellAt("2026-03-28 22:00", "b", 200);
  SellAt("2026-03-29 20:59", "c", 300);
  SellAt("2026-03-29 21:00", "d", 400);
  SellAt("2026-10-24 20:59", "e", 500);
  SellAt("2026-10-24 21:00", "f", 600);
  SellAt("2026-10-25 21:59", "g", 700);
  SellAt("2026-10-25 22:00", "h", 800);
  EXPECT_EQ(Told(Report("2026-01-01", "2026-12-31").days()),
            "2026-03-28 100 40; 2026-03-29 500 200; 2026-03-30 400 160; "
            "2026-10-24 500 200; 2026-10-25 1300 520; 2026-10-26 800 320; ");
  const v1::MarginReport part = Report("2026-03-29", "2026-10-24");
  EXPECT_EQ(part.sums().sales_minor(), 1400);
  EXPECT_EQ(part.days_size(), 3);
}

TEST_F(MarginReportTest, ASaleThatIsToldLateCountsOnItsDay) {
  Open();
  v1::CommitOrderRequest late = SaleRequest("late", "", {900});
  *late.mutable_order()->mutable_placed_time() =
      ToTimestamp(TimeAt("2026-03-08 12:00"));
  Sell(late);
  EXPECT_EQ(Told(Report("2026-03-01", "2026-03-31").days()),
            "2026-03-08 900 360; ");
}

TEST_F(MarginReportTest, WhatComesBackCountsOnTheDayItComesBack) {
  Open();
  Sell("o1", 1000);
  FoldAll(shop_, store_);
  clock_.Set(TimeAt("2026-03-12 10:00"));
  Refund("o1", "r1", 300);
  clock_.Set(TimeAt("2026-03-14 10:00"));
  Refund("o1", "r2");
  const v1::MarginReport report = Report("2026-03-10", "2026-03-14");
  EXPECT_EQ(Told(report.days()),
            "2026-03-10 1000 400; 2026-03-12 -300 -120; "
            "2026-03-14 -700 -280; ");
  EXPECT_EQ(report.days(1).sums().returned_minor(), 300);
  EXPECT_EQ(report.days(1).sums().refunds(), 1);
  EXPECT_EQ(report.sums().orders(), 1);
  EXPECT_EQ(report.sums().refunds(), 2);
  EXPECT_EQ(report.sums().sales_minor(), 0);
  EXPECT_EQ(report.sums().returned_minor(), 1000);
  EXPECT_EQ(report.sums().cost_minor(), 0);
}

TEST_F(MarginReportTest, RowsSayWhereItCameFrom) {
  Open();
  ASSERT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  v1::CommitOrderRequest first = SaleRequest("o1", "ann", {4000, 1000, 500});
  first.mutable_order()->set_store_id("s1");
  first.mutable_order()->mutable_lines(1)->set_category("tea");
  first.mutable_order()->mutable_lines(2)->set_category("gift-card");
  const std::string code = Sell(first).issued_codes(0).code();
  v1::CommitOrderRequest second = SaleRequest("o2", "ann", {2000});
  second.mutable_order()->set_store_id("s2");
  second.mutable_order()->set_shipping_minor(300);
  second.mutable_order()->add_codes(code);
  Sell(second);
  Sell("o3", 700);
  const v1::MarginReport report = Report("2026-03-10", "2026-03-10");
  EXPECT_EQ(report.sums().sales_minor(), 7700);
  EXPECT_EQ(report.sums().excluded_minor(), 500);
  EXPECT_EQ(report.sums().line_discount_minor(), 100);
  EXPECT_EQ(report.sums().order_discount_minor(), 100);
  EXPECT_EQ(report.sums().code_discount_minor(), 190);
  EXPECT_EQ(report.sums().shipping_discount_minor(), 300);
  EXPECT_EQ(report.sums().points_earned(), report.sums().points_worth_minor());
  EXPECT_EQ(Told(report.categories()),
            " 6700 2390; tea 1000 650; gift-card 0 0; ");
  EXPECT_EQ(Told(report.stores()), "s1 5000 2250; s2 2000 210;  700 280; ");
  EXPECT_EQ(Told(report.tiers()),
            " 5000 2250; silver 2000 210; (nobody) 700 280; ");
  EXPECT_EQ(Told(report.rules()),
            "base 7000 2460; tea 5000 2250; post 2000 210; whole 2000 210; "
            "code ten 2000 210; ");
}

TEST_F(MarginReportTest, BudgetsSayWhatIsLeftAndWhenTheyRunOut) {
  Open(R"(
budgets:
  - {id: month, per: program, window: month, max_discount: "12.00"}
  - {id: slow, per: program, window: month, max_discount: "100.00", max_times: 1}
  - {id: each, per: store, window: 7d, max_discount: "5.00"}
  - {id: ever, per: program, max_discount: "50.00"}
  - {id: own, per: member, window: month, max_discount: "5.00"}
rules:
  - {id: off, discount: {percent: "10%"}, budget: month}
)");
  v1::CommitOrderRequest sale = SaleRequest("o1", "", {4000});
  sale.mutable_order()->set_store_id("s1");
  Sell(sale);
  const v1::MarginReport report = Report("2026-01-01", "2026-01-01");
  std::string told;
  for (const v1::BudgetStanding& budget : report.budgets()) {
    absl::StrAppend(&told, budget.budget_id(), " of \"", budget.of(), "\" ",
                    budget.window(), " ", budget.from_day(), "..",
                    budget.to_day());
    for (const v1::BudgetMeasure& measure :
         {budget.discount(), budget.times()}) {
      if (measure.limit() == 0) continue;
      absl::StrAppend(&told, " ", measure.spent(), "/", measure.limit(), " ",
                      measure.left(), " ", measure.runs_out_day());
    }
    told += "\n";
  }
  EXPECT_EQ(
      told,
      "month of \"\" month 2026-03-01..2026-03-31 400/1200 800 2026-03-30\n"
      "slow of \"\" month 2026-03-01..2026-03-31 400/10000 9600  "
      "1/1 0 2026-03-10\n"
      "each of \"s1\" 7d 2026-03-04..2026-03-10 400/500 100 \n"
      "ever of \"\" ever .. 400/5000 4600 \n");
}

TEST_F(MarginReportTest, AnUnknownCostIsNotZero) {
  Open("rules:\n  - {id: off, discount: {percent: \"10%\"}}\n");
  Sell("o1", 1000);
  v1::MarginReport report = Report("2026-03-10", "2026-03-10");
  EXPECT_EQ(report.sums().sales_minor(), 1000);
  EXPECT_EQ(report.sums().unknown_cost_sales_minor(), 1000);
  EXPECT_EQ(report.sums().order_discount_minor(), 100);
  EXPECT_FALSE(report.sums().has_cost_minor());
  EXPECT_FALSE(report.sums().has_margin_before_minor());
  EXPECT_FALSE(report.sums().has_margin_after_minor());
  v1::CommitOrderRequest stated = SaleRequest("o2", "", {1000});
  stated.mutable_order()->mutable_lines(0)->set_cost_minor(450);
  Sell(stated);
  report = Report("2026-03-10", "2026-03-10");
  EXPECT_EQ(report.sums().unknown_cost_sales_minor(), 1000);
  EXPECT_EQ(report.sums().cost_minor(), 450);
  EXPECT_EQ(report.sums().margin_before_minor(), 550);
  EXPECT_EQ(report.sums().margin_after_minor(), 450);
}

TEST_F(MarginReportTest, TheMarginAfterIsTheQuotesAlsoWhereEarnedPointsCount) {
  Open(R"(
points: {value: "0.01", redeem: {step: 1}}
margin:
  unknown_cost: {assume: "37%"}
  counts: {redeemed_points: true, earned_points: true}
rules:
  - {id: base, earn: {points: 7, per: "1.00"}}
  - {id: off, discount: {percent: "7%"}}
)");
  ASSERT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  int64_t after = 0;
  for (const char* order : {"o1", "o2"}) {
    v1::CommitOrderRequest sale = SaleRequest(order, "ann", {1999, 333});
    sale.mutable_order()->mutable_lines(0)->set_tax_minor(333);
    sale.mutable_order()->mutable_redeem()->set_all(true);
    const v1::Quote quote = Sell(sale).quote();
    EXPECT_GT(quote.points_earned(), 0);
    after += quote.margin().margin_minor();
  }
  EXPECT_EQ(Report("2026-03-10", "2026-03-10").sums().margin_after_minor(),
            after);
}

TEST_F(MarginReportTest, WhatTheCatalogueSaysIsAKnownCost) {
  Open("rules:\n  - {id: base, earn: {points: 1, per: \"1.00\"}}\n");
  ASSERT_TRUE(shop_.Import(CostsRequest("costs", {{"tea", "1.50"}})).ok());
  v1::CommitOrderRequest sale = SaleRequest("o1", "", {1000, 500});
  sale.mutable_order()->mutable_lines(0)->set_sku("tea");
  sale.mutable_order()->mutable_lines(0)->set_quantity(3);
  Sell(sale);
  const v1::MarginReport report = Report("2026-03-10", "2026-03-10");
  EXPECT_EQ(report.sums().unknown_cost_sales_minor(), 500);
  EXPECT_EQ(report.sums().cost_minor(), 450);
  EXPECT_EQ(report.sums().margin_before_minor(), 550);
}

TEST_F(MarginReportTest, CapsSayHowOftenAndHowMuchTheyCutOff) {
  Open(
      "margin:\n"
      "  unknown_cost: {assume: \"10%\"}\n"
      "  order: {max_discount: \"5%\"}\n"
      "rules:\n  - {id: off, discount: {percent: \"10%\"}}\n");
  Sell("o1", 1000);
  Sell("o2", 2000);
  Refund("o1", "r1");
  const v1::MarginReport report = Report("2026-03-10", "2026-03-10");
  ASSERT_EQ(report.caps_size(), 1);
  EXPECT_EQ(report.caps(0).cap_id(), "margin.order.max_discount");
  EXPECT_EQ(report.caps(0).orders(), 2);
  EXPECT_EQ(report.caps(0).trimmed_minor(), 150);
}

TEST_F(MarginReportTest, OnlyTheRowsThatAreAskedForAreTold) {
  Open();
  Sell("o1", 1000);
  const v1::MarginReport report =
      Report("2026-03-10", "2026-03-10", {Request::STORE});
  EXPECT_EQ(report.stores_size(), 1);
  EXPECT_EQ(report.days_size() + report.categories_size() +
                report.rules_size() + report.tiers_size(),
            0);
  EXPECT_EQ(report.sums().orders(), 1);
}

TEST_F(MarginReportTest, RowsBeyondTheMostAreOne) {
  Open();
  for (int i = 1; i <= 5; ++i) {
    v1::CommitOrderRequest sale =
        SaleRequest(absl::StrCat("o", i), "", {i * 100});
    sale.mutable_order()->set_store_id(absl::StrCat("s", i));
    Sell(sale);
  }
  Request request = ReportRequest("2026-03-10", "2026-03-10", {Request::STORE});
  request.set_max_rows(2);
  EXPECT_EQ(Told(Ask(request)->stores()),
            "s5 500 200; s4 400 160; (others) 600 140; ");
}

TEST_F(MarginReportTest, ADayHasABoundedNumberOfRows) {
  Open();
  for (int i = 0; i < kMostMarginRows + 20; ++i) {
    v1::CommitOrderRequest sale = SaleRequest(absl::StrCat("o", i), "", {100});
    sale.mutable_order()->set_store_id(absl::StrCat("s", i));
    Sell(sale);
    if (i % 100 == 0) FoldAll(shop_, store_);
  }
  Request request = ReportRequest("2026-03-10", "2026-03-10", {Request::STORE});
  request.set_max_rows(1000);
  const auto report = Ask(request);
  ASSERT_EQ(report->stores_size(), kMostMarginRows + 1);
  EXPECT_TRUE(report->stores(kMostMarginRows).others());
  EXPECT_EQ(report->stores(kMostMarginRows).sums().orders(), 20);
  EXPECT_EQ(report->sums().orders(), kMostMarginRows + 20);
}

TEST_F(MarginReportTest, WhatIsNoPeriodIsRefusedByName) {
  Open();
  const auto refused = [&](const std::string& from, const std::string& to) {
    return NameOf(Ask(ReportRequest(from, to, {})).status());
  };
  EXPECT_EQ(refused("2026-03-10", "2026-03-10"), "OK");
  EXPECT_EQ(refused("2026-01-01", "2027-01-01"), "OK");
  EXPECT_EQ(refused("2026-01-01", "2027-01-02"), "FIELD_INVALID to_day");
  EXPECT_EQ(refused("2026-03-10", "2026-03-09"), "FIELD_INVALID to_day");
  EXPECT_EQ(refused("", "2026-03-09"), "FIELD_INVALID from_day");
  EXPECT_EQ(refused("2026-02-30", "2026-03-09"), "FIELD_INVALID from_day");
  EXPECT_EQ(refused("2026-3-1", "2026-03-09"), "FIELD_INVALID from_day");
  EXPECT_EQ(refused("1969-12-31", "1970-01-01"), "FIELD_INVALID from_day");
  EXPECT_EQ(refused("2026-03-09", "99999-01-01"), "FIELD_INVALID to_day");
  EXPECT_EQ(refused("2026-03-09", "tomorrow"), "FIELD_INVALID to_day");
  Request request = ReportRequest("2026-03-10", "2026-03-10", {});
  request.set_max_rows(1001);
  EXPECT_EQ(NameOf(Ask(request).status()), "FIELD_INVALID max_rows");
  request.set_max_rows(-1);
  EXPECT_EQ(NameOf(Ask(request).status()), "FIELD_INVALID max_rows");
  request.set_max_rows(0);
  request.add_by(Request::ROWS_UNSPECIFIED);
  EXPECT_EQ(NameOf(Ask(request).status()), "FIELD_INVALID by[0]");
  request.set_by(0, static_cast<Request::Rows>(77));
  EXPECT_EQ(NameOf(Ask(request).status()), "FIELD_INVALID by[0]");
  request.clear_by();
  request.set_program_id("nobodys");
  EXPECT_EQ(NameOf(Ask(request).status()), "NOT_FOUND");
  request.set_program_id("");
  EXPECT_EQ(NameOf(Ask(request).status()), "FIELD_INVALID program_id");
}

TEST_F(MarginReportTest, IsRefusedWhereTheSumsAreFarBehind) {
  Open();
  for (size_t i = 0; i <= kMostUnfoldedCommits; ++i) {
    ASSERT_TRUE(shop_.Enrol(MemberRequest(absl::StrCat("m", i))).ok());
  }
  const Request request = ReportRequest("2026-03-10", "2026-03-10", {});
  EXPECT_EQ(ReasonOf(Ask(request).status()), Reason::kOverloaded);
  FoldAll(shop_, store_);
  EXPECT_TRUE(Ask(request).ok());
}

}  // namespace
}  // namespace pistis
