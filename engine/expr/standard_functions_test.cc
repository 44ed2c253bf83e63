#include "engine/expr/standard_functions.h"

#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(StandardFunctionsTest, SizeCountsCodePointsBytesAndItems) {
  EXPECT_EQ(Evaluated("size('πέντε')"), "5");
  EXPECT_EQ(Evaluated("size(b'πέντε')"), "10");
  EXPECT_EQ(Evaluated("size([1, 2])"), "2");
  EXPECT_EQ(Evaluated("{'a': 1}.size()"), "1");
  EXPECT_EQ(Evaluated("'abc'.size() + [1].size() + b'a'.size()"), "5");
}

TEST(StandardFunctionsTest, TextMethodsLookForText) {
  EXPECT_EQ(Evaluated("line.category.startsWith('drinks/')"), "true");
  EXPECT_EQ(Evaluated("line.category.endsWith('drinks/')"), "false");
  EXPECT_EQ(Evaluated("line.category.contains('s/c')"), "true");
  EXPECT_EQ(Evaluated("anything.contains('hin')"), "true");
}

TEST(StandardFunctionsTest, ConvertsToIntAndUint) {
  EXPECT_EQ(Evaluated("int('-42')"), "-42");
  EXPECT_EQ(Evaluated("int(42u)"), "42");
  EXPECT_EQ(Evaluated("int(-2.9)"), "-2");
  EXPECT_EQ(Evaluated("uint('42')"), "42u");
  EXPECT_EQ(Evaluated("uint(2.9)"), "2u");
  EXPECT_EQ(Evaluated("uint(7)"), "7u");
}

TEST(StandardFunctionsTest, ConvertsToDoubleStringBytesAndBool) {
  EXPECT_EQ(Evaluated("double('1.25')"), "1.25");
  EXPECT_EQ(Evaluated("double(2) + double(1u)"), "3.0");
  EXPECT_EQ(Evaluated("string(1) + string(2u) + string(true)"), "\"12true\"");
  EXPECT_EQ(Evaluated("string(123.456)"), "\"123.456\"");
  EXPECT_EQ(Evaluated("string(b'abc')"), "\"abc\"");
  EXPECT_EQ(Evaluated("bytes('é') == b'\\xc3\\xa9'"), "true");
  EXPECT_EQ(Evaluated("bool('true') && !bool('0')"), "true");
}

TEST(StandardFunctionsTest, ConversionsRefuseWhatDoesNotFit) {
  for (const char* source :
       {"int('')", "int(' 1')", "int('+1')", "int('1.5')", "int('1 ')",
        "int('9223372036854775808')", "int(9223372036854775808u)",
        "int(9223372036854775808.0)", "int(0.0 / 0.0)", "uint(-1)",
        "uint('-1')", "uint(-1.0)", "uint(18446744073709551616.0)",
        "double('x')", "bool('yes')", "string(b'\\xff')"}) {
    const auto expression = Expression::Compile(source, ShopEnvironment());
    ASSERT_TRUE(expression.ok()) << expression.status();
    const auto value = expression->Evaluate(FixedActivation({}));
    EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument)
        << source;
  }
}

TEST(StandardFunctionsTest,
     AFailingConversionIsAbsorbedWhereTheOtherSideDecides) {
  EXPECT_EQ(Evaluated("int('x') > 1 || true"), "true");
}

}  // namespace
}  // namespace pistis::expr
