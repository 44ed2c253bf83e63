#include "engine/expr/checker.h"

#include <string>

#include "gtest/gtest.h"

#include "engine/expr/expression.h"
#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

// The type of `source` in the shop, or what is wrong with it.
std::string Checked(absl::string_view source) {
  const auto expression = Expression::Compile(source, ShopEnvironment());
  if (!expression.ok()) return std::string(expression.status().message());
  return expression->type().Name();
}

TEST(CheckerTest, EveryPartHasAType) {
  EXPECT_EQ(Checked("line"), "line");
  EXPECT_EQ(Checked("line.tags"), "list(string)");
  EXPECT_EQ(Checked("line.tags[0]"), "string");
  EXPECT_EQ(Checked("line.attributes"), "map(string, string)");
  EXPECT_EQ(Checked("line.attributes.colour"), "string");
  EXPECT_EQ(Checked("line.attributes['colour']"), "string");
  EXPECT_EQ(Checked("quantity + 1"), "int");
  EXPECT_EQ(Checked("[1.5, 2.5]"), "list(double)");
  EXPECT_EQ(Checked("[1, 'a']"), "list(dyn)");
  EXPECT_EQ(Checked("{'a': 1u}"), "map(string, uint)");
  EXPECT_EQ(Checked("quantity > 1 ? b'a' : b'c'"), "bytes");
  EXPECT_EQ(Checked("anything.field + 1"), "int");
  EXPECT_EQ(Checked("anything + anything"), "dyn");
  EXPECT_EQ(Checked("size(anything)"), "int");
  EXPECT_EQ(Checked("null"), "null");
}

TEST(CheckerTest, UnknownNamesComeWithTheNearestKnownOne) {
  EXPECT_EQ(Checked("line.catgory == 'a'"),
            "1:6: no field `catgory` in line; did you mean `category`?");
  EXPECT_EQ(Checked("1 < quantty"),
            "1:5: no variable `quantty`; did you mean `quantity`?");
  EXPECT_EQ(Checked("amout('1')"),
            "1:1: no function `amout`; did you mean `amount`?");
  EXPECT_EQ(Checked("line.category.startswith('a')"),
            "1:15: no method `startswith`; did you mean `startsWith`?");
  EXPECT_EQ(Checked("weather"), "1:1: no variable `weather`");
  EXPECT_EQ(Checked("quantity.first"), "1:10: no field `first` in int");
}

TEST(CheckerTest, ErrorsCarryTheirOffsetInTheSource) {
  const auto expression = Expression::Compile(
      "line.amount > 1 &&\n  line.cot > 2", ShopEnvironment());
  ASSERT_FALSE(expression.ok());
  const auto error = ExprErrorOf(expression.status());
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->offset, 26);
  EXPECT_EQ(error->message, "no field `cot` in line; did you mean `cost`?");
  EXPECT_EQ(PositionOf("line.amount > 1 &&\n  line.cot > 2", error->offset),
            (Position{.line = 2, .column = 8}));
}

TEST(CheckerTest, OperatorsRefuseWhatDoesNotGoTogether) {
  EXPECT_EQ(Checked("line.amount >= '30.00'"),
            "1:13: `>=` does not take int and string");
  EXPECT_EQ(Checked("line.amount == '30.00'"),
            "1:13: `==` does not take int and string");
  EXPECT_EQ(Checked("line.amount + 1.5"),
            "1:13: `+` does not take int and double");
  EXPECT_EQ(Checked("-name"), "1:1: `-` does not take string");
  EXPECT_EQ(Checked("!quantity"), "1:1: `!` does not take int");
  EXPECT_EQ(Checked("1 in line.tags"),
            "1:3: `in` does not take int and list(string)");
  EXPECT_EQ(Checked("quantity && true"), "1:1: `&&` takes bool, not int");
  EXPECT_EQ(Checked("true || name"), "1:9: `||` takes bool, not string");
  EXPECT_EQ(Checked("name ? 1 : 2"), "1:1: `?` takes bool, not string");
  EXPECT_EQ(Checked("true ? 1 : 'a'"),
            "1:6: the two results differ: int and string");
  EXPECT_EQ(Checked("line.tags['a']"),
            "1:10: `[]` does not take list(string) and string");
  EXPECT_EQ(Checked("{1.5: 1}"), "1:2: double cannot be a key");
}

TEST(CheckerTest, FunctionsRefuseWhatTheyDoNotTake) {
  EXPECT_EQ(Checked("size(1)"), "1:1: `size` does not take int");
  EXPECT_EQ(Checked("size()"), "1:1: `size` does not take no arguments");
  EXPECT_EQ(Checked("name.contains(1)"),
            "1:6: `contains` does not take string and int");
  EXPECT_EQ(Checked("has(quantity)"),
            "1:1: `has` takes one field, as in has(a.b)");
}

TEST(CheckerTest, TheResultMustBeWhatWasAskedFor) {
  const CompileOptions condition = {.typing = Typing::kStatic,
                                    .result = Type::Bool()};
  const Environment shop = ShopEnvironment();
  EXPECT_TRUE(Expression::Compile("quantity > 1", shop, condition).ok());
  EXPECT_TRUE(Expression::Compile("anything", shop, condition).ok());
  EXPECT_EQ(Expression::Compile("quantity", shop, condition).status().message(),
            "1:1: this must be bool, but is int");
}

TEST(CheckerTest, WithoutStaticTypingErrorsWaitForTheEvaluation) {
  const auto expression =
      Expression::Compile("unknown(1) || quantity", ShopEnvironment(),
                          {.typing = Typing::kDynamic, .result = std::nullopt});
  ASSERT_TRUE(expression.ok()) << expression.status();
  const TestLine line;
  EXPECT_FALSE(expression->Evaluate(LineActivation(line)).ok());
}

TEST(EnvironmentTest, RefusesNamesThatExpressionsCannotSay) {
  const auto with_variable = [](std::string name) {
    return Environment::Create({{{std::move(name), Type::Int()}}, {}});
  };
  EXPECT_TRUE(with_variable("_order1").ok());
  EXPECT_TRUE(with_variable("a.b").ok());
  for (const std::string name :
       {"", "1a", "a.", ".a", "a..b", "true", "while", "a b"}) {
    EXPECT_FALSE(with_variable(name).ok()) << name;
  }
}

TEST(EnvironmentTest, RefusesToDeclareTheSameThingTwice) {
  EXPECT_FALSE(
      Environment::Create({{{"a", Type::Int()}, {"a", Type::Int()}}, {}}).ok());
  EXPECT_FALSE(
      Environment::Create({{}, {AmountFunction(), AmountFunction()}}).ok());
  Function size = AmountFunction();
  size.name = "size";
  EXPECT_FALSE(Environment::Create({{}, {size}}).ok());
  size.signature.parameters = {Type::Bool()};
  EXPECT_TRUE(Environment::Create({{}, {size}}).ok());
  size.call = nullptr;
  EXPECT_FALSE(Environment::Create({{}, {size}}).ok());
}

}  // namespace
}  // namespace pistis::expr
