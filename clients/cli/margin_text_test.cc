#include "clients/cli/margin_text.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

#include "clients/cli/csv.h"
#include "clients/cli/table.h"

namespace pistis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::MarginReport Report(const std::string& text) {
  v1::MarginReport report;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &report));
  return report;
}

ProgramFacts Shop() {
  return {"corner-shop", {"EUR", 2}, absl::UTCTimeZone()};
}

constexpr char kTwoDays[] = R"(
  from_day: "2026-01-01" to_day: "2026-01-31"
  sums {
    orders: 3 refunds: 1 sales_minor: 9000 returned_minor: 1000
    cost_minor: 5000 margin_before_minor: 4000 margin_after_minor: 3000
    line_discount_minor: 600 code_discount_minor: 400 redeemed_minor: 50
    points_earned: 90 points_worth_minor: 90
  }
  days {
    day: "2026-01-05"
    sums { orders: 2 sales_minor: 10000 cost_minor: 5500 margin_before_minor: 4500
           margin_after_minor: 4000 line_discount_minor: 500 }
  }
  days {
    day: "2026-01-07"
    sums { orders: 1 refunds: 1 sales_minor: -1000 cost_minor: -500
           margin_before_minor: -500 margin_after_minor: -1000
           line_discount_minor: 500 }
  }
  categories { category: "tea, green" sums { orders: 3 sales_minor: 9000
               cost_minor: 5000 margin_before_minor: 4000
               margin_after_minor: 3000 line_discount_minor: 600 } }
  categories { category: "" sums { orders: 1 sales_minor: 70 } }
  rules { rule_id: "off" sums { orders: 3 sales_minor: 9000 } }
  rules { code_template: "ten" sums { orders: 1 sales_minor: 700 } }
  tiers { anonymous: true sums { orders: 1 sales_minor: 5 } }
  tiers { others: true sums { orders: 2 sales_minor: 6 } }
  caps { cap_id: "margin.order.max_discount" orders: 2 trimmed_minor: 150 }
  caps { cap_id: "budgets.own.max_points" orders: 1 trimmed_minor: 7 }
  budgets {
    budget_id: "month" per: "program" window: "month"
    discount { limit: 120000 spent: 40000 left: 80000
               runs_out_day: "2026-01-30" }
    times { limit: 9 spent: 2 left: 7 }
  }
  budgets { budget_id: "each" per: "store" of: "s1" window: "7d"
            points { limit: 5 spent: 5 } }
)";

TEST(MarginTextTest, SaysSumsDaysRowsCapsAndBudgets) {
  EXPECT_EQ(MarginText(Report(kTwoDays), Shop()), R"(2026-01-01 to 2026-01-31
orders                               3
refunds                              1
net sales before discounts, EUR  90.00
  came back, EUR                 10.00
cost, EUR                        50.00
margin before discounts, EUR     40.00
margin after discounts, EUR      30.00
  of net sales, %                33.33
discounts, EUR                   10.00
  on lines, EUR                   6.00
  by codes, EUR                   4.00
paid with points, EUR             0.50
points earned                       90
  worth, EUR                      0.90

day         # margin after discounts, - discounts and points  margin  given
2026-01-05  ###########################################-----   40.00   5.00
2026-01-07  -----                                             -10.00   5.00

category    orders  net sales   margin  after disc.  discounts  points
tea, green       3      90.00    40.00        30.00       6.00       0
(none)           1       0.70  unknown      unknown       0.00       0

rule      orders  net sales   margin  after disc.  discounts  points
off            3      90.00  unknown      unknown       0.00       0
code ten       1       7.00  unknown      unknown       0.00       0

tier         orders  net sales   margin  after disc.  discounts  points
(no member)       1       0.05  unknown      unknown       0.00       0
(others)          2       0.06  unknown      unknown       0.00       0

cap                        orders   trimmed
margin.order.max_discount       2      1.50
budgets.own.max_points          1  7 points

budget      window  of          limit   spent    left  runs out
month       month   discount  1200.00  400.00  800.00  2026-01-30
month       month   times           9       2       7
each of s1  7d      points          5       5       0
)");
}

TEST(MarginTextTest, AnUnknownCostIsCalledSo) {
  const std::string text =
      MarginText(Report(R"(from_day: "2026-01-01" to_day: "2026-01-01"
                sums { orders: 1 sales_minor: 700
                       unknown_cost_sales_minor: 700 })"),
                 Shop());
  EXPECT_THAT(text, HasSubstr("unknown"));
  EXPECT_THAT(text, HasSubstr("of unknown cost, EUR"));
  EXPECT_THAT(text, Not(HasSubstr("of net sales, %")));
}

TEST(MarginTextTest, AYearsChartStaysShortAndNarrow) {
  v1::MarginReport report;
  report.set_from_day("2026-01-01");
  report.set_to_day("2026-12-31");
  for (int i = 0; i < 365; ++i) {
    v1::MarginRow& row = *report.add_days();
    row.set_day(absl::FormatCivilTime(absl::CivilDay(2026, 1, 1) + i));
    row.mutable_sums()->set_cost_minor(100);
    row.mutable_sums()->set_margin_after_minor(1'000'000 * int64_t{i});
    row.mutable_sums()->set_order_discount_minor(50'000'000);
  }
  const std::string text = MarginText(report, Shop());
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  EXPECT_LT(lines.size(), 50U);
  for (const std::string& line : lines)
    EXPECT_LE(TextWidth(line), 100U) << line;
  EXPECT_THAT(text, HasSubstr("12 days from"));
}

TEST(MarginTextTest, CsvHasALineForEachRowAndAllOfOneLength) {
  const std::string csv = MarginCsv(Report(kTwoDays));
  CsvReader reader(csv);
  std::vector<std::string> ids;
  size_t cells = 0;
  while (reader.Next()) {
    if (cells == 0) cells = reader.fields().size();
    EXPECT_EQ(reader.fields().size(), cells);
    ids.push_back(absl::StrCat(reader.fields()[0], ":", reader.fields()[1]));
  }
  EXPECT_TRUE(reader.status().ok());
  EXPECT_THAT(ids, testing::ElementsAre(
                       "section:id", "total:", "day:2026-01-05",
                       "day:2026-01-07", "category:tea, green",
                       "category:", "rule:off", "code:ten", "tier:(no member)",
                       "tier:(others)", "cap:margin.order.max_discount",
                       "cap:budgets.own.max_points", "budget:month, discount",
                       "budget:month, times", "budget:each of s1, points"));
  EXPECT_THAT(csv, HasSubstr("section,id,orders,refunds,sales_minor,"));
  EXPECT_THAT(csv, HasSubstr("\ntotal,,3,1,9000,1000,0,0,5000,4000,3000,600,"));
  EXPECT_THAT(csv, HasSubstr("\ncategory,,1,0,70,0,0,0,,,,"));
  EXPECT_THAT(csv, HasSubstr(",,120000,40000,80000,2026-01-30\n"));
}

}  // namespace
}  // namespace pistis
