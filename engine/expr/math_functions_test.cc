#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(MathFunctionsTest, ComparesAndTestsNumbersOfEveryKind) {
  ExpectTrue({"math.greatest(5) == 5", "math.greatest(1, 1.0) == 1",
              "math.greatest([5.4, 10, 3u, -5.0, 3.5]) == 10",
              "math.greatest([dyn(5.4), dyn(10)]) == 10",
              "math.least(9223372036854775807, 1.0) == 1.0",
              "math.greatest(9223372036854775807, -9223372036854775808) == "
              "9223372036854775807",
              "math.isNaN(math.round(0.0/0.0))", "math.isInf(1.0/0.0)",
              "!math.isInf(1.2)",
              "math.isFinite(1.0) && !math.isFinite(0.0/0.0)",
              "math.isNaN(math.sqrt(-15.34))"});
}

TEST(MathFunctionsTest, GivesNumbersOfTheKindItTook) {
  EXPECT_EQ(Evaluated("math.greatest(5u, 1.0, 3)"), "5u");
  EXPECT_EQ(Evaluated("math.least(-0.5, -1.0, 2.0)"), "-1.0");
  EXPECT_EQ(Evaluated("math.ceil(1.2)"), "2.0");
  EXPECT_EQ(Evaluated("math.ceil(-1.2)"), "-1.0");
  EXPECT_EQ(Evaluated("math.floor(-1.2)"), "-2.0");
  EXPECT_EQ(Evaluated("math.round(1.5)"), "2.0");
  EXPECT_EQ(Evaluated("math.round(-1.5)"), "-2.0");
  EXPECT_EQ(Evaluated("math.round(-1.4)"), "-1.0");
  EXPECT_EQ(Evaluated("math.trunc(-1.3)"), "-1.0");
  EXPECT_EQ(Evaluated("math.sign(-42)"), "-1");
  EXPECT_EQ(Evaluated("math.sign(0.0)"), "0.0");
  EXPECT_EQ(Evaluated("math.sign(2u)"), "1u");
  EXPECT_EQ(Evaluated("math.abs(-234)"), "234");
  EXPECT_EQ(Evaluated("math.bitAnd(3u, 2u)"), "2u");
  EXPECT_EQ(Evaluated("math.bitAnd(-1, -1)"), "-1");
  EXPECT_EQ(Evaluated("math.bitNot(1)"), "-2");
  EXPECT_EQ(Evaluated("math.bitNot(0u)"), "18446744073709551615u");
  EXPECT_EQ(Evaluated("math.bitShiftLeft(1, 200)"), "0");
  EXPECT_EQ(Evaluated("math.bitShiftLeft(-1, 1)"), "-2");
  EXPECT_EQ(Evaluated("math.bitShiftRight(-1024, 3)"), "2305843009213693824");
  EXPECT_EQ(Evaluated("math.bitShiftRight(1024u, 2)"), "256u");
  EXPECT_EQ(Evaluated("math.sqrt(49.0)"), "7.0");
  EXPECT_EQ(Evaluated("math.sqrt(4)"), "2.0");
}

TEST(MathFunctionsTest, RefusesWhatHasNoResult) {
  ExpectFailure({"math.greatest()", "math.greatest('a')", "math.greatest([])",
                 "math.greatest(1, 'a')", "math.greatest(['a', 'b'])",
                 "math.abs(-9223372036854775808)",
                 "math.bitShiftLeft(1u, -1)"});
}

}  // namespace
}  // namespace pistis::expr
