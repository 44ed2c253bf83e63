#include "engine/expr/expression.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

Expression Compiled(absl::string_view source, CompileOptions options = {}) {
  auto expression =
      Expression::Compile(source, ShopEnvironment(), std::move(options));
  EXPECT_TRUE(expression.ok()) << expression.status();
  return *std::move(expression);
}

TEST(ExpressionTest, ReadsFieldsOfObjects) {
  EXPECT_EQ(Evaluated("line.category == \"drinks/coffee\""), "true");
  EXPECT_EQ(Evaluated("line.amount * quantity"), "3150");
  EXPECT_EQ(Evaluated("'bio' in line.tags && !('new' in line.tags)"), "true");
  EXPECT_EQ(Evaluated("line.attributes.`gift-wrap`"), "\"red\"");
  EXPECT_EQ(Evaluated("line.attributes['gift-wrap'] + '!'"), "\"red!\"");
  EXPECT_EQ(Evaluated("dyn(line).amount"), "450");
  EXPECT_EQ(Evaluated("[line][0].amount"), "450");
}

TEST(ExpressionTest, MissingThingsAreErrorsThatPointAtThem) {
  EXPECT_EQ(Evaluated("1 + line.cost"),
            "1:10: `line.cost`: there is no such field here");
  EXPECT_EQ(Evaluated("name == 'x'"),
            "1:1: `name`: there is no such variable here");
  EXPECT_EQ(Evaluated("line.attributes.colour == 'red'"),
            "1:17: `line.attributes.colour`: the map does not have this key");
  EXPECT_EQ(Evaluated("line.tags[2]"),
            "1:10: `line.tags[2]`: the list does not have this index");
  EXPECT_EQ(Evaluated("dyn(line).colour"),
            "1:11: `dyn(line).colour`: there is no such field here");
  EXPECT_EQ(Evaluated("anything.colour"),
            "1:10: `anything.colour`: there is no such field here");
}

TEST(ExpressionTest, HasTellsWhetherAThingIsThere) {
  EXPECT_EQ(Evaluated("has(line.cost)"), "false");
  EXPECT_EQ(Evaluated("has(line.cost)", {.cost = 1}), "true");
  EXPECT_EQ(Evaluated("has(line.attributes.colour)"), "false");
  EXPECT_EQ(Evaluated("has({'a': 1}.a) && !has({'a': 1}.b)"), "true");
  EXPECT_EQ(Evaluated("has(dyn(line).amount)"), "true");
}

TEST(ExpressionTest, TheSideThatDecidesAbsorbsTheOthersError) {
  EXPECT_EQ(Evaluated("line.cost > 0 && false"), "false");
  EXPECT_EQ(Evaluated("false && line.cost > 0"), "false");
  EXPECT_EQ(Evaluated("line.cost > 0 || true"), "true");
  EXPECT_EQ(Evaluated("true && line.cost > 0 && true"),
            "1:14: `line.cost`: there is no such field here");
  EXPECT_EQ(Evaluated("anything || true"), "true");
  EXPECT_EQ(Evaluated("anything || false"),
            "1:1: `anything`: values of these kinds do not go together here");
}

TEST(ExpressionTest, OnlyTheChosenBranchIsEvaluated) {
  EXPECT_EQ(Evaluated("quantity > 1 ? 1 : 1 / 0"), "1");
  EXPECT_EQ(Evaluated("quantity < 1 ? 1 : 1 / 0"),
            "1:22: `1 / 0`: division by zero");
}

TEST(ExpressionTest, WhatDoesNotFitIsAnErrorAndNeverWraps) {
  EXPECT_EQ(Evaluated("9223372036854775807 + quantity"),
            "1:21: `9223372036854775807 + quantity`: "
            "the result does not fit 64 bits");
  EXPECT_EQ(Evaluated("-(-9223372036854775808)"),
            "1:1: `-(-9223372036854775808)`: the result does not fit 64 bits");
  EXPECT_EQ(Evaluated("quantity % 0"),
            "1:10: `quantity % 0`: division by zero");
  EXPECT_EQ(Evaluated("1.0 / 0.0 > 1.0"), "true");
  EXPECT_EQ(Evaluated("{'a': 1, 'a': 2}"),
            "1:1: `{'a': 1, 'a': 2}`: the map has a key twice");
}

TEST(ExpressionTest, TheStatusOfAFailureSaysItsClass) {
  const auto code_of = [](absl::string_view source) {
    const TestLine line;
    return Compiled(source).Evaluate(LineActivation(line)).status().code();
  };
  EXPECT_EQ(code_of("line.cost"), absl::StatusCode::kNotFound);
  EXPECT_EQ(code_of("9223372036854775807 + 1"), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(code_of("1 / 0"), absl::StatusCode::kInvalidArgument);
}

TEST(ExpressionTest, ConstantCallsAreMadeWhenTheExpressionIsCompiled) {
  int calls = 0;
  Function counted = {.name = "counted",
                      .style = CallStyle::kGlobal,
                      .signature = {{Type::Int()}, Type::Int()},
                      .call = [&calls](absl::Span<const Value> arguments) {
                        ++calls;
                        return arguments[0];
                      }};
  const auto environment =
      Environment::Create({{{"x", Type::Int()}}, {std::move(counted)}});
  ASSERT_TRUE(environment.ok());
  const auto expression =
      Expression::Compile("counted(2 + 1) + counted(x)", *environment);
  ASSERT_TRUE(expression.ok());
  EXPECT_EQ(calls, 1);
  const FixedActivation activation({Value::Int(4)});
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(expression->Evaluate(activation)->int_value(), 7);
    EXPECT_EQ(calls, 1 + i);
  }
}

TEST(ExpressionTest, AConstantThatItsFunctionRefusesDoesNotCompile) {
  EXPECT_EQ(Evaluated("line.amount >= amount('4.50')"), "true");
  const auto refused =
      Expression::Compile("true || 1 < amount('4.505')", ShopEnvironment());
  ASSERT_FALSE(refused.ok());
  const auto error = ExprErrorOf(refused.status());
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->offset, 19);
}

TEST(ExpressionTest, AFunctionThatFailsAtRunTimeSaysWhy) {
  const std::string failure =
      Evaluated("amount(line.category) > 1", {.category = "tea"});
  EXPECT_EQ(failure.rfind("1:1: `amount(line.category)`: ", 0), 0U) << failure;
  EXPECT_EQ(Evaluated("amount(line.category)", {.category = "1.5"}), "150");
}

TEST(ExpressionTest, AConditionThatFailsDoesNotHold) {
  const Expression expression =
      Compiled("line.cost < line.amount",
               {.typing = Typing::kStatic, .result = Type::Bool()});
  const TestLine known = {.cost = 100};
  const TestLine unknown;
  EXPECT_TRUE(expression.Decide(LineActivation(known)).holds);
  const Decision decision = expression.Decide(LineActivation(unknown));
  EXPECT_FALSE(decision.holds);
  ASSERT_TRUE(decision.error.has_value());
  EXPECT_EQ(decision.error->code, ErrorCode::kNoSuchField);
  EXPECT_EQ(expression.TextOf(decision.error->node), "line.cost");
  EXPECT_EQ(expression.Describe(*decision.error).message,
            "`line.cost`: there is no such field here");
  EXPECT_EQ(expression.Describe(*decision.error).offset, 5);
}

TEST(ExpressionTest, AConditionThatIsNeitherTrueNorFalseFails) {
  const TestLine line;
  const Decision decision = Compiled("anything").Decide(LineActivation(line));
  EXPECT_FALSE(decision.holds);
  ASSERT_TRUE(decision.error.has_value());
  EXPECT_EQ(decision.error->code, ErrorCode::kNoSuchOverload);
}

TEST(ExpressionTest, AnEvaluationEndsWhenItsStepsAreSpent) {
  const TestLine line;
  const auto spend = [&](absl::string_view source, int64_t budget) {
    return Compiled(source, {.typing = Typing::kStatic,
                             .result = std::nullopt,
                             .step_budget = budget})
        .Evaluate(LineActivation(line))
        .status()
        .code();
  };
  EXPECT_EQ(spend("quantity + quantity", 3), absl::StatusCode::kOk);
  EXPECT_EQ(spend("quantity + quantity", 2),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(spend("'new' in line.tags", 5),
            absl::StatusCode::kResourceExhausted);
}

TEST(ExpressionTest, ASpentBudgetIsNotAbsorbed) {
  const TestLine line;
  const Expression expression = Compiled(
      "quantity + quantity > 1 || true",
      {.typing = Typing::kStatic, .result = std::nullopt, .step_budget = 3});
  const Decision decision = expression.Decide(LineActivation(line));
  EXPECT_FALSE(decision.holds);
  ASSERT_TRUE(decision.error.has_value());
  EXPECT_EQ(decision.error->code, ErrorCode::kBudgetSpent);
}

TEST(ExpressionTest, ADecisionTellsItsStepsAndTakesNoMoreThanItMay) {
  const TestLine line;
  const Expression expression = Compiled("line.amount > 0 && quantity > 0");
  const Decision free = expression.Decide(LineActivation(line));
  EXPECT_TRUE(free.holds);
  EXPECT_GT(free.steps, 4);
  const Decision enough = expression.Decide(LineActivation(line), free.steps);
  EXPECT_TRUE(enough.holds);
  const Decision less = expression.Decide(LineActivation(line), free.steps - 1);
  EXPECT_FALSE(less.holds);
  EXPECT_EQ(less.steps, free.steps - 1);
  EXPECT_EQ(less.error->code, ErrorCode::kBudgetSpent);
  EXPECT_EQ(expression.Decide(LineActivation(line), 0).steps, 0);
}

TEST(ExpressionTest, PartsCanBeReadAndEvaluatedForExplanations) {
  const Expression expression =
      Compiled("line.amount > 400 && (line.category == 'tea')");
  const auto parts = expression.PartsOf(expression.root());
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(expression.TextOf(parts[0]), "line.amount > 400");
  EXPECT_EQ(expression.TextOf(parts[1]), "(line.category == 'tea')");
  const TestLine line;
  const LineActivation activation(line);
  EXPECT_TRUE(expression.EvaluatePart(parts[0], activation)->is_true());
  EXPECT_FALSE(expression.EvaluatePart(parts[1], activation)->is_true());
}

TEST(ExpressionTest, OutlivesTheEnvironmentItWasCompiledIn) {
  auto environment = std::make_unique<Environment>(ShopEnvironment());
  const Expression expression =
      *Expression::Compile("amount(line.category) == 150", *environment);
  environment.reset();
  const TestLine line = {.category = "1.5"};
  EXPECT_TRUE(expression.Decide(LineActivation(line)).holds);
}

TEST(ExpressionTest, ManyThreadsMayEvaluateOneExpression) {
  const Expression expression =
      Compiled("line.amount in [1, 450] && line.category + '!' == 'tea!'");
  std::vector<int> held(4, 0);
  std::vector<std::thread> threads;
  for (int& count : held) {
    threads.emplace_back([&expression, &count] {
      const TestLine line = {.category = "tea"};
      for (int i = 0; i < 1000; ++i) {
        count += expression.Decide(LineActivation(line)).holds ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(held, std::vector<int>(4, 1000));
}

// "category equals a b" for the test that the whole expression is.
std::string TestIn(absl::string_view source) {
  const Expression expression = Compiled(source);
  const std::optional<FieldTest> test =
      expression.FieldTestOf(expression.root());
  if (!test) return "none";
  EXPECT_EQ(test->object, LineType().get());
  const std::string& field =
      test->object->fields[static_cast<size_t>(test->field)].name;
  switch (test->relation) {
    case TextRelation::kEquals:
      return absl::StrCat(field, " equals ", absl::StrJoin(test->texts, " "));
    case TextRelation::kStartsWith:
      return absl::StrCat(field, " starts ", absl::StrJoin(test->texts, " "));
    case TextRelation::kContains:
      return absl::StrCat(field, " contains ", absl::StrJoin(test->texts, " "));
  }
  return "none";
}

TEST(FieldTestTest, IsWhatComparesATextFieldWithConstants) {
  EXPECT_EQ(TestIn("line.category == 'a'"), "category equals a");
  EXPECT_EQ(TestIn("'a' + 'b' == line.category"), "category equals ab");
  EXPECT_EQ(TestIn("line.category in ['a', 'b']"), "category equals a b");
  EXPECT_EQ(TestIn("line.category in [dyn('a'), dyn(1)]"), "category equals a");
  EXPECT_EQ(TestIn("line.category.startsWith('a/')"), "category starts a/");
  EXPECT_EQ(TestIn("'a' in line.tags"), "tags contains a");
  EXPECT_EQ(TestIn("[line][0].category == 'a'"), "category equals a");
}

TEST(FieldTestTest, IsNothingElse) {
  for (const char* source :
       {"line.category != 'a'", "!(line.category == 'a')", "line.amount == 5",
        "line.category == name", "line.category in {'a': 1}",
        "line.tags == ['a']", "line.category.endsWith('a')",
        "'a'.startsWith(line.category)", "name == 'a'", "line.category < 'a'",
        "dyn(line).category == 'a'", "line.attributes.x == 'a'",
        "line.category == 'a' && true", "line.category in line.tags"}) {
    EXPECT_EQ(TestIn(source), "none") << source;
  }
}

TEST(FieldTestTest, ExistsSeeksWhatItsBodyTests) {
  for (const char* macro : {"exists", "exists_one"}) {
    const Expression expression =
        Compiled(absl::StrCat("[line].", macro, "(l, l.category == 'a')"));
    const auto body = expression.SoughtBy(expression.root());
    ASSERT_TRUE(body.has_value());
    const auto test = expression.FieldTestOf(*body);
    ASSERT_TRUE(test.has_value());
    EXPECT_EQ(test->object, LineType().get());
  }
  const Expression all = Compiled("[line].all(l, l.category == 'a')");
  EXPECT_FALSE(all.SoughtBy(all.root()).has_value());
}

}  // namespace
}  // namespace pistis::expr
