// Any bytes as an expression, from the lexer to the evaluator: they must come
// to a value or to an error that points into them, in bounded time and memory.
// The first byte chooses the typing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/expr/error.h"
#include "engine/expr/expression.h"

namespace pistis::expr {
namespace {

constexpr int64_t kStepBudget = 20'000;

struct Bound {
  Variable variable;
  std::optional<Value> value;
};

Value Numbers() {
  return Value::List({Value::Int(3), Value::Uint(1), Value::Double(2.5),
                      Value::Int(-9), Value()});
}

Value Entries() {
  return Value::Map({{Value::StringView("a"), Numbers()},
                     {Value::StringView("key"), Value::StringView("text")}});
}

// A constant list that knows what it holds.
class Words final : public ListValue {
 public:
  [[nodiscard]] int64_t size() const override { return 3; }
  [[nodiscard]] Value At(int64_t index) const override {
    return Value::StringView(
        absl::string_view("xyz").substr(static_cast<size_t>(index), 1));
  }
  [[nodiscard]] std::optional<bool> Finds(const Value& value) const override {
    return value == At(0) || value == At(1) || value == At(2);
  }
};

// A variable of each type.
std::vector<Bound> MakeBindings() {
  const Type dyn = Type::Dyn();
  return {
      {{"i", Type::Int()}, Value::Int(-7)},
      {{"u", Type::Uint()}, Value::Uint(7)},
      {{"d", Type::Double()}, Value::Double(0.5)},
      {{"s", Type::String()}, Value::StringView("drinks/καφές")},
      {{"b", Type::Bytes()}, Value::BytesView("\xff\x00z")},
      {{"l", Type::List(dyn)}, Numbers()},
      {{"m", Type::Map(Type::String(), dyn)}, Entries()},
      {{"t", Type::Timestamp()},
       Value::Timestamp(absl::FromUnixSeconds(1'234'567'890))},
      {{"p", Type::Duration()}, Value::Duration(absl::Minutes(90))},
      {{"o", Type::Optional(dyn)}, Value::Optional(Entries())},
      {{"x.y", dyn}, Value::Bool(true)},
      {{"w", Type::List(Type::String()),
        Value::SharedList(std::make_shared<const Words>())},
       std::nullopt},
      {{"absent", Type::String()}, std::nullopt},
  };
}

Environment MakeEnvironment(const std::vector<Bound>& bindings) {
  Declarations declarations;
  for (const Bound& bound : bindings)
    declarations.variables.push_back(bound.variable);
  auto environment = Environment::Create(std::move(declarations));
  if (!environment.ok()) std::abort();
  return *std::move(environment);
}

std::vector<std::optional<Value>> ValuesOf(const std::vector<Bound>& bindings) {
  std::vector<std::optional<Value>> values;
  values.reserve(bindings.size());
  for (const Bound& bound : bindings)
    values.push_back(bound.value);
  return values;
}

void RequireErrorInside(const absl::Status& status, absl::string_view source) {
  const auto error = ExprErrorOf(status);
  const bool inside = error.has_value() && error->offset >= 0 &&
                      error->offset <= static_cast<int>(source.size());
  if (!inside) std::abort();
}

void Try(absl::string_view source, Typing typing) {
  static const auto& bindings = *new std::vector<Bound>(MakeBindings());
  static const auto& environment = *new Environment(MakeEnvironment(bindings));
  static const auto& activation = *new FixedActivation(ValuesOf(bindings));
  const auto expression = Expression::Compile(
      source, environment, {.typing = typing, .step_budget = kStepBudget});
  if (!expression.ok()) return RequireErrorInside(expression.status(), source);
  const auto value = expression->Evaluate(activation);
  if (!value.ok()) return RequireErrorInside(value.status(), source);
  if (value->Weight() > 2 * kMaxWeight) std::abort();
  // Another evaluation comes to the same.
  const auto again = expression->Evaluate(activation);
  if (!again.ok() || again->DebugText() != value->DebugText()) std::abort();
}

}  // namespace
}  // namespace pistis::expr

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using pistis::expr::Typing;
  if (size == 0) return 0;
  const absl::string_view source(reinterpret_cast<const char*>(data) + 1,
                                 size - 1);
  pistis::expr::Try(source,
                    data[0] % 2 == 0 ? Typing::kStatic : Typing::kDynamic);
  return 0;
}
