#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(BindTest, NamesAValueForOneExpression) {
  ExpectTrue({R"(cel.bind(cup, "tea", cup + cup) == "teatea")",
              "cel.bind(a, 2, cel.bind(b, a + 1, a * b)) == 6",
              "cel.bind(sale, line.tags, ['sale'].all(tag, tag in sale))",
              "[1].exists(x, cel.bind(x, 2, x == 2))",
              "cel.bind(unused, 1 / 0, true)"});
}

TEST(BindTest, ABlockNamesValuesByTheirNumber) {
  ExpectTrue(
      {"cel.block([quantity, cel.index(0) * 2], cel.index(1) - cel.index(0)) "
       "== quantity",
       "cel.block([[1, 2]], cel.index(0).map(cel.iterVar(0, 0), "
       "cel.index(0).map(cel.iterVar(1, 0), "
       "cel.iterVar(0, 0) * cel.iterVar(1, 0)))) == [[1, 2], [2, 4]]",
       "cel.block([1], cel.block([2], cel.index(0))) == 2"});
  ExpectFailure({"cel.index(0)", "cel.block([1], cel.index(1))",
                 "cel.block([1], cel.iterVar(0, 0))", "cel.block(1, 2)",
                 "cel.bind(1, 2, 3)"});
}

TEST(BindTest, FailsWhereTheValueIsUsedThatFailed) {
  ExpectFailure({"cel.bind(x, 1/0, x == 1)"});
}

TEST(MacrosTest, GoOverListsAndMaps) {
  ExpectTrue({"[1, 2, 3].exists(i, v, i > 1 && v > 2)",
              "[1, 2, 3].all(i, v, i < v)", "[7, 8].existsOne(i, v, v == 8)",
              "{'a': 1}.exists(k, v, k == 'a' && v == 1)",
              "[2, 4].transformList(i, v, i * v) == [0, 4]",
              "[2, 4].transformList(i, v, i > 0, i * v) == [4]",
              "{'foo': 'bar'}.transformMap(k, v, k + v) == {'foo': 'foobar'}",
              "{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) == {'b': 4}",
              "{'a': 'b'}.transformMapEntry(k, v, {v: k}) == {'b': 'a'}",
              "['a', 'b'].transformMapEntry(i, v, {v: i}) == {'a': 0, 'b': 1}",
              "[1, 2].transformMap(i, v, v + 1) == {0: 2, 1: 3}",
              "[1, 2, 3].map(n, n > 1, n * n) == [4, 9]",
              "size({'a': [1,2]}.a.map(x, [x, x])) == 2"});
}

TEST(MacrosTest, TellWhatIsMissing) {
  EXPECT_EQ(Evaluated("[1, 2].exists_one(x, y, x > y)"), "false");
}

TEST(MacrosTest, FailWhereAnItemDoes) {
  ExpectFailure({"{'a': 1, 'b': 1}.transformMapEntry(k, v, {v: k})",
                 "[1, 2, 3].all(x, x.y)", "[1].all(x.y, true)",
                 "[1].all(1, true)", "[1, 2].map(x, x, 3)", "1.all(x, true)"});
}

TEST(MacrosTest, TheVariableHasTheTypeOfTheItems) {
  EXPECT_EQ(Evaluated("line.tags.exists(tag, tag == 'bio')"), "true");
  EXPECT_EQ(Evaluated("line.tags.exists(tag, tag == 1)"),
            "1:27: `==` does not take string and int");
  EXPECT_EQ(Evaluated("[line].filter(l, l.amount > 1)[0].catgory"),
            "1:35: no field `catgory` in line; did you mean `category`?");
  EXPECT_EQ(Evaluated("line.attributes.all(k, v, k + v != '')"), "true");
  EXPECT_EQ(Evaluated("line.tags.map(tag, tagg)"),
            "1:20: no variable `tagg`; did you mean `tag`?");
}

TEST(MacrosTest, MistakesComeWithAMend) {
  EXPECT_EQ(Evaluated("line.tags.exits(t, true)"),
            "1:11: no method `exits`; did you mean `exists`?");
  EXPECT_EQ(Evaluated("quantity.all(x, true)"),
            "1:1: `all` goes over lists and maps, not int");
  EXPECT_EQ(Evaluated("line.tags.all(t, 1)"),
            "1:18: `all` takes bool, not int");
  EXPECT_EQ(Evaluated("line.tags.all('t', true)"),
            "1:11: `all` takes the name of a variable first, as in "
            "items.all(x, ...)");
  EXPECT_EQ(Evaluated("math.greatst(1, 2)"),
            "1:6: no function `math.greatst`; did you mean `math.greatest`?");
}

TEST(MacrosTest, AVariableHidesWhatIsOutsideUnlessADotStandsInFront) {
  EXPECT_EQ(Evaluated("[1, 2].map(quantity, quantity + .quantity)"), "[8, 9]");
  EXPECT_EQ(Evaluated("[1].map(x, [2].map(x, x))[0] + [quantity]"), "[2, 7]");
  EXPECT_EQ(Evaluated("[{'z': 0}].exists(line, line.z == 0)"), "true");
}

TEST(MacrosTest, WhatDecidesAbsorbsErrorsOfOtherItems) {
  EXPECT_EQ(Evaluated("[0, 2].exists(x, 4 / x == 2)"), "true");
  EXPECT_EQ(Evaluated("[0, 2].all(x, 4 / x == 3)"), "false");
  EXPECT_EQ(Evaluated("[0, 2].exists(x, 4 / x == 3)"),
            "1:20: `4 / x`: division by zero");
  EXPECT_EQ(Evaluated("[2, 0].exists_one(x, 4 / x == 2)"),
            "1:24: `4 / x`: division by zero");
  EXPECT_EQ(Evaluated("[1, 'a', 2].all(x, dyn(x))"),
            "1:20: `dyn(x)`: values of these kinds do not go together here");
}

TEST(MacrosTest, EveryItemCostsSteps) {
  const auto code_of = [](absl::string_view source) {
    const TestLine line;
    return Expression::Compile(source, ShopEnvironment())
        ->Evaluate(LineActivation(line))
        .status()
        .code();
  };
  EXPECT_EQ(code_of("lists.range(1000).all(x, x < quantity + 1000)"),
            absl::StatusCode::kOk);
  EXPECT_EQ(code_of("lists.range(1000).all(x, lists.range(1000).all(y, "
                    "x + y < quantity + 2000))"),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code_of("lists.range(1000).exists(x, lists.range(1000).all(y, "
                    "x + y < 0 || quantity / 0 == 1)) || true"),
            absl::StatusCode::kResourceExhausted);
}

TEST(MacrosTest, PartsOfABodyHaveNoValueOfTheirOwn) {
  const auto expression =
      Expression::Compile("line.tags.exists(t, t == 'bio')", ShopEnvironment());
  ASSERT_TRUE(expression.ok());
  const auto parts = expression->PartsOf(expression->root());
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(expression->TextOf(parts[1]), "t == 'bio'");
  const TestLine line;
  const LineActivation activation(line);
  EXPECT_TRUE(expression->EvaluatePart(parts[0], activation).ok());
  EXPECT_EQ(expression->EvaluatePart(parts[1], activation).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pistis::expr
