#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(FormatTest, PutsValuesInTheirPlaces) {
  ExpectTrue({R"("as it stands".format([]) == "as it stands")",
              R"("a %s of tea".format(["cup"]) == "a cup of tea")",
              R"("5 %% or 6 %%".format([]) == "5 % or 6 %")",
              R"("[%%%s%%]".format(["x"]) == "[%x%]")",
              R"("%s%%".format(["7.5 "]) == "7.5 %")",
              R"("%d of %d %s".format([2, 9u, "cups"]) == "2 of 9 cups")"});
}

TEST(FormatTest, WritesEachKindInItsForm) {
  EXPECT_EQ(Evaluated(R"("%b".format([-5]))"), R"("-101")");
  EXPECT_EQ(Evaluated(R"("%o".format([11]))"), R"("13")");
  EXPECT_EQ(Evaluated(R"("0x%x points".format([30]))"), R"("0x1e points")");
  EXPECT_EQ(Evaluated(R"("%X".format([30]))"), R"("1E")");
  EXPECT_EQ(Evaluated(R"("%x".format([b"tea"]))"), R"("746561")");
  EXPECT_EQ(Evaluated(R"("%x".format(["Ok!"]))"), R"("4f6b21")");
  EXPECT_EQ(Evaluated(R"("%.3f".format([0.0625]))"), R"("0.062")");
  EXPECT_EQ(Evaluated(R"("%f".format([1.25]))"), R"("1.250000")");
  EXPECT_EQ(Evaluated(R"("%.6e".format([2048.125]))"), R"("2.048125e+03")");
  EXPECT_EQ(Evaluated(R"("%e".format([1.25]))"), R"("1.250000e+00")");
  EXPECT_EQ(Evaluated(R"("%f".format([double("NaN")]))"), R"("NaN")");
  EXPECT_EQ(Evaluated(R"("%f".format([double("Infinity")]))"), R"("Infinity")");
  EXPECT_EQ(Evaluated(R"("%f".format([double("-Infinity")]))"),
            R"("-Infinity")");
  EXPECT_EQ(
      Evaluated(
          R"("%s".format([["tea", 0.25, null, [1, 2], timestamp("2026-01-31T18:30:00Z")]]))"),
      R"("[tea, 0.25, null, [1, 2], 2026-01-31T18:30:00Z]")");
  EXPECT_EQ(
      Evaluated(
          R"("%s".format([{"b": b"tea", "e": null, "a": duration("2h"), "c": true}]))"),
      R"("{a: 7200s, b: tea, c: true, e: null}")");
  EXPECT_EQ(Evaluated(R"("%s".format([{true: 1, 3: 2, 7u: "x"}]))"),
            R"("{3: 2, 7: x, true: 1}")");
  EXPECT_EQ(Evaluated(R"("a %s".format([type("tea")]))"), R"("a string")");
  EXPECT_EQ(Evaluated(R"("%s".format([duration("1h30m")]))"), R"("5400s")");
  EXPECT_EQ(Evaluated(R"("%s".format([duration("2ns")]))"),
            R"("0.000000002s")");
  EXPECT_EQ(Evaluated(R"("%d".format([uint(64)]))"), R"("64")");
  EXPECT_EQ(Evaluated(R"("%s, %s".format([null, true]))"), R"("null, true")");
  EXPECT_EQ(Evaluated(R"("%s".format([0]))"), R"("0")");
}

TEST(FormatTest, RefusesWhatAPlaceDoesNotTake) {
  ExpectFailure({R"("%d %d %d".format([0, 1]))", R"("%a".format([1]))",
                 R"("%b".format(["abc"]))", R"("%d".format([duration("30m")]))",
                 R"("%o".format(["a"]))", R"("%x".format([1.5]))",
                 R"("%d".format([null]))", "'%s'.format(1)"});
}

}  // namespace
}  // namespace pistis::expr
