#include "engine/base/decimal.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

const Currency kEuro{"EUR", 2};
const Currency kYen{"JPY", 0};

TEST(DecimalTest, MoneyParsesToMinorUnits) {
  EXPECT_EQ(ParseMoney("20.00", kEuro).value(), Money(2000));
  EXPECT_EQ(ParseMoney("0.5", kEuro).value(), Money(50));
  EXPECT_EQ(ParseMoney("7", kEuro).value(), Money(700));
  EXPECT_EQ(ParseMoney("1.500", kEuro).value(), Money(150));
  EXPECT_EQ(ParseMoney("120", kYen).value(), Money(120));
}

TEST(DecimalTest, MoneyThatIsNotAnAmountIsRefused) {
  for (const char* text :
       {"", "-1", "1.", ".5", "1.234", "1e3", "abc", "1,00", " 1", "1 ",
        "99999999999999999999", "10000000000.01"}) {
    EXPECT_FALSE(ParseMoney(text, kEuro).ok()) << text;
  }
  EXPECT_FALSE(ParseMoney("1.5", kYen).ok());
}

TEST(DecimalTest, TheLargestAmountParsesAndOneMoreDoesNot) {
  EXPECT_EQ(ParseMoney("10000000000.00", kEuro).value(), kMaxLineMoney);
  EXPECT_FALSE(ParseMoney("10000000000.01", kEuro).ok());
}

TEST(DecimalTest, FormatWritesWhatParseReads) {
  const std::vector<std::pair<int64_t, std::string>> cases = {
      {0, "0.00"}, {5, "0.05"}, {123450, "1234.50"}, {-250, "-2.50"}};
  for (const auto& [minor, text] : cases) {
    EXPECT_EQ(FormatMoney(Money(minor), kEuro), text);
  }
  EXPECT_EQ(FormatMoney(Money(-120), kYen), "-120");
  EXPECT_EQ(FormatMoney(Money(INT64_MIN), kEuro), "-92233720368547758.08");
}

TEST(DecimalTest, CurrenciesKnowTheirMinorUnit) {
  EXPECT_EQ(FindCurrency("EUR")->decimals, 2);
  EXPECT_EQ(FindCurrency("JPY")->decimals, 0);
  EXPECT_EQ(FindCurrency("KWD")->decimals, 3);
  EXPECT_FALSE(FindCurrency("EU").has_value());
  EXPECT_FALSE(FindCurrency("XXX").has_value());
  EXPECT_FALSE(FindCurrency("UR ").has_value());
  EXPECT_FALSE(FindCurrency("R E").has_value());
}

}  // namespace
}  // namespace pistis
