#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(LanguageTest, EveryTypeHasItsOperators) {
  ExpectTrue(
      {"type(1) == int && type(type(1)) == type && type(null) == null_type",
       "type(1.0) != int",
       "type([]) == list && type({}) == map && type(b'') == bytes",
       "{'a': 1}.a == 1 && {'content-type': 'x'}.`content-type` == 'x'",
       "[[], [[]], [{}]].size() == 3", "b'abc' + b'' == b'abc' && b'a' < b'b'",
       "dyn(1) in {1u: 1}",
       R"('\u00e9' == "\351" && '\x41' == 'A' && "\U0001F431" == '🐱')"});
}

TEST(LanguageTest, ValuesShowAsTheyAreWritten) {
  EXPECT_EQ(Evaluated("string(6.02214e23)"), R"("6.02214e+23")");
  EXPECT_EQ(Evaluated("string(-4.5e-3)"), R"("-0.0045")");
  EXPECT_EQ(Evaluated("string(1e30)"), R"("1e+30")");
  EXPECT_EQ(Evaluated("double('-0.0')"), "-0.0");
  EXPECT_EQ(Evaluated("list"), "list");
  EXPECT_EQ(Evaluated(".google.protobuf.Duration"), "google.protobuf.Duration");
  EXPECT_EQ(Evaluated("has({'a': 1}.b)"), "false");
  EXPECT_EQ(Evaluated("4.0 / 0.0"), R"(double("inf"))");
  EXPECT_EQ(Evaluated("double('NaN') == double('NaN')"), "false");
}

TEST(LanguageTest, WhatDoesNotGoTogetherFails) {
  ExpectFailure(
      {"bool('TrUe')", "int(double('1e19'))", "int(-9223372036854775808.0)",
       "int(9223372036854775807.0)", "uint(18446744073709551615.0)",
       "uint(-1.0)", "{1: 'a', 1u: 'b'}", "{3.3: 1}[3.3]", "1 in {1u: 1}",
       "has(1.a)", "x", "0xFFFFFFFFFFFFFFFFFu", "1 ? 2 : 3", "'a' * 2",
       "1 + 1u", "[1] + ['a']", "-(1u)", "4 / 0.0", "7 % 0"});
}

TEST(LanguageTest, AVariableMayHaveDotsInItsName) {
  const auto environment = Environment::Create(
      {.variables = {{"a.b", Type::Map(Type::String(), Type::Int())},
                     {"a.b.c", Type::Int()},
                     {"x.y", Type::Int()},
                     {"y", Type::Int()}},
       .container = "x.z"});
  ASSERT_TRUE(environment.ok()) << environment.status();
  const Value entries = Value::Map({{Value::StringView("c"), Value::Int(1)},
                                    {Value::StringView("d"), Value::Int(2)}});
  const FixedActivation activation(
      {entries, Value::Int(3), Value::Int(4), Value::Int(5)});
  const auto value = [&](absl::string_view source) {
    const auto expression = Expression::Compile(source, *environment);
    EXPECT_TRUE(expression.ok()) << expression.status();
    return expression->Evaluate(activation)->int_value();
  };
  EXPECT_EQ(value("a.b.c"), 3);
  EXPECT_EQ(value("a.b.d"), 2);
  EXPECT_EQ(value("a.b['c']"), 1);
  EXPECT_EQ(value("y"), 4);
  EXPECT_EQ(value(".y"), 5);
  EXPECT_EQ(value("[7].map(y, y)[0]"), 7);
  EXPECT_EQ(value("has(a.b.d) ? 1 : 0"), 1);
}

TEST(LanguageTest, NullStandsForTimesAndObjects) {
  ExpectTrue({"(quantity > 1 ? null : line) == null",
              "[timestamp(0), null][1] == null"});
  ExpectFailure({"quantity > 1 ? null : 1"});
}

}  // namespace
}  // namespace pistis::expr
