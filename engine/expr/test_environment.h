// A small shop's environment for the tests of this folder.
#ifndef PISTIS_ENGINE_EXPR_TEST_ENVIRONMENT_H_
#define PISTIS_ENGINE_EXPR_TEST_ENVIRONMENT_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

#include "engine/base/decimal.h"
#include "engine/base/status_macros.h"
#include "engine/expr/expression.h"

namespace pistis::expr {

// One order line; a cost may be unknown.
struct TestLine {
  std::string category = "drinks/coffee";
  int64_t amount = 450;
  std::optional<int64_t> cost = std::nullopt;
};

inline std::shared_ptr<const ObjectType> LineType() {
  static const auto& type = *new std::shared_ptr<const ObjectType>(
      std::make_shared<const ObjectType>(ObjectType{
          "line",
          {{"category", Type::String()},
           {"amount", Type::Int()},
           {"cost", Type::Int()},
           {"tags", Type::List(Type::String())},
           {"attributes", Type::Map(Type::String(), Type::String())}}}));
  return type;
}

// Shows a TestLine to expressions without copying it.
class LineValue final : public ObjectValue {
 public:
  explicit LineValue(const TestLine& line) : line_(line) {}

  [[nodiscard]] const ObjectType& type() const override { return *LineType(); }
  [[nodiscard]] std::optional<Value> Field(int slot) const override {
    if (slot == 0) return Value::StringView(line_.category);
    if (slot == 1) return Value::Int(line_.amount);
    if (slot == 2 && line_.cost.has_value()) return Value::Int(*line_.cost);
    if (slot == 3) return tags_.Borrowed();
    if (slot == 4) return attributes_.Borrowed();
    return std::nullopt;
  }

 private:
  const TestLine& line_;
  Value tags_ =
      Value::List({Value::StringView("sale"), Value::StringView("bio")});
  Value attributes_ =
      Value::Map({{Value::StringView("gift-wrap"), Value::StringView("red")}});
};

// Variables: line, quantity (int), name (string), anything (dyn).
class LineActivation final : public Activation {
 public:
  explicit LineActivation(const TestLine& line) : line_(line) {}

  [[nodiscard]] std::optional<Value> Variable(int slot) const override {
    if (slot == 0) return Value::ObjectView(line_);
    if (slot == 1) return Value::Int(7);
    if (slot == 3) return Value::StringView("thing");
    return std::nullopt;
  }

 private:
  LineValue line_;
};

// amount("30.00") in cents; what is no amount does not compile.
inline Function AmountFunction() {
  return {
      .name = "amount",
      .style = CallStyle::kGlobal,
      .signature = {{Type::String()}, Type::Int()},
      .call = [](absl::Span<const Value> arguments) -> absl::StatusOr<Value> {
        PISTIS_ASSIGN_OR_RETURN(
            const Money money,
            ParseMoney(arguments[0].text(), {.code = "EUR", .decimals = 2}));
        return Value::Int(money.value());
      },
      .on_constant_failure = ConstantFailure::kRefusesToCompile};
}

inline Environment ShopEnvironment() {
  return *Environment::Create({.variables = {{"line", Type::Object(LineType())},
                                             {"quantity", Type::Int()},
                                             {"name", Type::String()},
                                             {"anything", Type::Dyn()}},
                               .functions = {AmountFunction()}});
}

// What `source` comes to for `line`, or why it does not.
inline std::string Evaluated(absl::string_view source,
                             const TestLine& line = {}) {
  const auto expression = Expression::Compile(source, ShopEnvironment());
  if (!expression.ok()) return std::string(expression.status().message());
  const LineActivation activation(line);
  const auto value = expression->Evaluate(activation);
  if (!value.ok()) return std::string(value.status().message());
  return value->DebugText();
}

// Each source must come to true.
inline void ExpectTrue(const std::vector<std::string>& sources) {
  for (const std::string& source : sources)
    EXPECT_EQ(Evaluated(source), "true") << source;
}

// Each source must be refused, or fail when it is evaluated.
inline void ExpectFailure(const std::vector<std::string>& sources) {
  for (const std::string& source : sources) {
    const auto expression = Expression::Compile(source, ShopEnvironment());
    if (!expression.ok()) continue;
    const auto value = expression->Evaluate(FixedActivation({}));
    EXPECT_FALSE(value.ok()) << source << ": " << value->DebugText();
  }
}

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_TEST_ENVIRONMENT_H_
