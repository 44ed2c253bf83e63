#include "clients/cli/sales_file.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr absl::string_view kHeader =
    "LineId,InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,"
    "CustomerID,Country\n";

SalesFile Parse(absl::string_view rows) {
  auto file = ParseSalesFile(absl::StrCat(kHeader, rows));
  EXPECT_TRUE(file.ok()) << file.status();
  return *std::move(file);
}

int64_t AmountOf(int64_t quantity, int64_t price_micros, Currency currency) {
  return LineAmount({"1", "A", quantity, price_micros}, currency).value();
}

TEST(SalesFileTest, LinesOfOneInvoiceComeTogetherAlsoWhereOthersStandBetween) {
  const SalesFile file = Parse(
      "1,100,A,,2,2011-01-05 10:00:00,2.55,7,UK\n"
      "2,101,B,,1,2011-01-05 10:01:00,1.0,,UK\n"
      "3,100,C,,1,2011-01-05 10:02:00,0.85,7,UK\n");
  ASSERT_EQ(file.invoices.size(), 2);
  EXPECT_EQ(file.invoices[0].number, "100");
  EXPECT_EQ(file.invoices[0].member_id, "7");
  ASSERT_EQ(file.invoices[0].lines.size(), 2);
  EXPECT_EQ(file.invoices[0].lines[1].line_id, "3");
  EXPECT_EQ(file.invoices[0].time, absl::CivilSecond(2011, 1, 5, 10, 0, 0));
  EXPECT_EQ(file.invoices[1].member_id, "");
  EXPECT_EQ(file.lines, 3);
}

TEST(SalesFileTest, InvoicesComeInTimeOrder) {
  const SalesFile file = Parse(
      "1,100,A,,1,2011-01-06 10:00:00,1,,UK\n"
      "2,101,A,,1,2011-01-05 10:00:00,1,,UK\n"
      "3,102,A,,1,2011-01-05 10:00:00,1,,UK\n");
  ASSERT_EQ(file.invoices.size(), 3);
  EXPECT_EQ(file.invoices[0].number, "101");
  EXPECT_EQ(file.invoices[1].number, "102");
  EXPECT_EQ(file.invoices[2].number, "100");
}

TEST(SalesFileTest, CancelledUnitsArePositive) {
  const SalesFile file = Parse("1,C100,A,,-3,2011-01-05 10:00:00,1.5,7,UK\n");
  ASSERT_EQ(file.invoices.size(), 1);
  EXPECT_EQ(file.invoices[0].kind, Invoice::Kind::kCancellation);
  EXPECT_EQ(file.invoices[0].lines[0].quantity, 3);
}

TEST(SalesFileTest, LinesThatAreNoSaleAreSkippedWithTheReason) {
  const SalesFile file = Parse(
      "1,100,A,,-3,2011-01-05 10:00:00,0.0,,UK\n"
      "2,A101,B,,1,2011-01-05 10:00:00,-11062.06,,UK\n"
      "3,102,B,,1,2011-01-05 10:00:00,0.0,,UK\n"
      "4,102,B,,0,2011-01-05 10:00:00,1.0,,UK\n"
      "5,C103,B,,1,2011-01-05 10:00:00,1.0,,UK\n");
  EXPECT_THAT(
      file.skipped_lines,
      ElementsAre(Pair("cancellation_without_units", 1),
                  Pair("negative_price", 1), Pair("negative_quantity", 1),
                  Pair("zero_quantity", 1)));
  ASSERT_EQ(file.invoices.size(), 1);
  EXPECT_EQ(file.invoices[0].number, "102");
  EXPECT_EQ(file.skipped_invoices, 3);
}

TEST(SalesFileTest, ALineThatCannotBeReadIsNamed) {
  const auto broken = [](absl::string_view row) {
    const auto file = ParseSalesFile(absl::StrCat(kHeader, row));
    return std::string(file.status().message());
  };
  EXPECT_THAT(broken("1,100,A,,x,2011-01-05 10:00:00,1,,UK\n"),
              HasSubstr("line 2: its quantity"));
  EXPECT_THAT(broken("1,100,A,,1,tomorrow,1,,UK\n"),
              HasSubstr("line 2: its date"));
  EXPECT_THAT(broken("1,100,A,,1,2011-01-05 10:00:00,1e9,,UK\n"),
              HasSubstr("line 2:"));
  EXPECT_THAT(broken("1,100,A\n"), HasSubstr("too few fields"));
  EXPECT_THAT(
      broken("1,100,A,,999999999,2011-01-05 10:00:00,999999999999,,UK\n"),
      HasSubstr("too large"));
}

TEST(SalesFileTest, AFileWithoutTheColumnsIsNoSalesFile) {
  EXPECT_THAT(ParseSalesFile("a,b\n1,2\n").status().message(),
              HasSubstr("no column LineId"));
  EXPECT_FALSE(ParseSalesFile("").ok());
}

TEST(SalesFileTest, AmountsRoundHalfUpToMinorUnits) {
  const Currency pounds{"GBP", 2};
  EXPECT_EQ(AmountOf(6, 2'550'000, pounds), 1530);
  EXPECT_EQ(AmountOf(1, 1'005'000, pounds), 101);
  EXPECT_EQ(AmountOf(1, 1'004'999, pounds), 100);
  EXPECT_EQ(AmountOf(3, 1'000, pounds), 0);
  EXPECT_EQ(AmountOf(5, 1'000, pounds), 1);
  EXPECT_EQ(AmountOf(3, 500'000, Currency{"JPY", 0}), 2);
  EXPECT_EQ(AmountOf(1, 1'500, Currency{"KWD", 3}), 2);
}

TEST(SalesFileTest, PostageFeesAndGiftCardsAreServices) {
  for (const char* sku :
       {"POST", "DOT", "M", "m", "BANK CHARGES", "C2", "gift_0001_20"}) {
    EXPECT_EQ(CategoryOf(sku), "services") << sku;
  }
  for (const char* sku : {"85123A", "DCGSSBOY", "POSTER"}) {
    EXPECT_EQ(CategoryOf(sku), "goods") << sku;
  }
}

}  // namespace
}  // namespace pistis
