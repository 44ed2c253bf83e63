#include "engine/expr/cases.h"

#include <string>

#include "gtest/gtest.h"

namespace pistis::expr {
namespace {

// What `source` comes to with these bindings, as JSON, or why it does not.
std::string Json(absl::string_view source, absl::string_view bindings = "{}") {
  const auto bound = ParseBindings(bindings);
  if (!bound.ok()) return "bindings: " + std::string(bound.status().message());
  const auto found = EvaluateWith(source, *bound);
  return found.ok() ? ValueToJson(found->value)
                    : std::string(found.status().message());
}

// Why the one case of the file fails; empty where it passes.
std::string Failure(absl::string_view file) {
  const auto cases = ParseCases(file);
  if (!cases.ok()) return "file: " + std::string(cases.status().message());
  EXPECT_EQ(cases->size(), 1U);
  return FailureOf(cases->front()).value_or("");
}

TEST(CasesTest, PlainJsonBindsWhatItLooksLike) {
  EXPECT_EQ(Json("x + 1", R"({"x": 2})"), R"({"int": "3"})");
  EXPECT_EQ(Json("x + 1.0", R"({"x": 2.5})"), R"({"double": "3.5"})");
  EXPECT_EQ(Json("x.a[1] + x.b", R"({"x": {"a": [1, "b"], "b": "c"}})"),
            R"({"string": "bc"})");
  EXPECT_EQ(Json("x == null", R"({"x": null})"), R"({"bool": true})");
  EXPECT_EQ(Json("a.b", R"({"a.b": true})"), R"({"bool": true})");
}

TEST(CasesTest, AValueMayCarryItsTag) {
  EXPECT_EQ(Json("x", R"({"x": {"uint": "2"}})"), R"({"uint": "2"})");
  EXPECT_EQ(Json("[x]", R"({"x": {"bytes_hex": "00ff"}})"),
            R"({"list": [{"bytes_hex": "00ff"}]})");
  EXPECT_EQ(Json("x", R"({"x": {"map": [[{"int": "1"}, {"null": true}]]}})"),
            R"({"map": [[{"int": "1"}, {"null": true}]]})");
  EXPECT_EQ(
      Json("x", R"({"x": {"duration": {"seconds": "-1", "nanos": "-5"}}})"),
      R"({"duration": {"seconds": "-1", "nanos": "-5"}})");
  EXPECT_EQ(Json("x.?a", R"({"x": {"list": []}})"),
            "1:4: no field `a` in list(dyn)");
  EXPECT_EQ(Json("{}.?a"), R"({"optional": null})");
  EXPECT_EQ(Json("type(x)", R"({"x": {"type": "int"}})"),
            R"({"type": "type"})");
  EXPECT_EQ(Json("0.0 / 0.0"), R"({"double": "NaN"})");
  EXPECT_EQ(Json("-1.0 / 0.0"), R"({"double": "-Infinity"})");
  EXPECT_EQ(Json("'a\"\\n'"), R"({"string": "a\"\n"})");
}

TEST(CasesTest, ACaseFailsWhereTheResultIsAnother) {
  EXPECT_EQ(Failure(R"([{"expr": "1 + 1", "value": {"int": "2"}}])"), "");
  EXPECT_EQ(Failure(R"([{"expr": "1 + 1", "value": {"int": "3"}}])"),
            "should be 3, but is 2");
  EXPECT_EQ(Failure(R"([{"expr": "1 + 1", "value": {"uint": "2"}}])"),
            "should be 2u, but is 2");
  EXPECT_EQ(Failure(R"([{"expr": "1 + 1", "error": true}])"),
            "should fail, but is 2");
  EXPECT_EQ(Failure(R"([{"expr": "1 / 0", "error": true}])"), "");
  EXPECT_EQ(Failure(R"([{"expr": "1 / 0", "value": {"int": "0"}}])"),
            "1:3: `1 / 0`: division by zero");
  EXPECT_EQ(Failure(R"([{"expr": "x || true", "unchecked": true,
                         "value": {"bool": true}}])"),
            "");
  EXPECT_EQ(Failure(R"([{"expr": "x", "container": "a.b",
                         "bindings": {"a.x": {"int": "1"}},
                         "value": {"int": "1"}}])"),
            "");
}

TEST(CasesTest, WhatIsNoFileOfCasesIsRefused) {
  for (const char* file :
       {"", "{}", "[1]", R"([{"expr": "1"}])", R"([{"value": {"int": "1"}}])",
        R"([{"expr": "1", "value": {"int": "x"}}])",
        R"([{"expr": "1", "value": 1}])",
        R"([{"expr": "1", "value": {"map": [[{"int": "1"}]]}}])",
        R"([{"expr": "1", "bindings": {"x": 1}, "error": true}])"}) {
    EXPECT_FALSE(ParseCases(file).ok()) << file;
  }
  EXPECT_FALSE(ParseBindings("[]").ok());
  EXPECT_FALSE(ParseBindings("{").ok());
}

}  // namespace
}  // namespace pistis::expr
