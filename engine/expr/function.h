// Functions that expressions call.
#ifndef PISTIS_ENGINE_EXPR_FUNCTION_H_
#define PISTIS_ENGINE_EXPR_FUNCTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/expr/type.h"
#include "engine/expr/value.h"

namespace pistis::expr {

enum class CallStyle : uint8_t {
  // name(a, b)
  kGlobal,
  // a.name(b); the receiver is the first parameter.
  kMethod,
};

// What becomes of a call with constant arguments that the function refuses.
enum class ConstantFailure : uint8_t {
  // The expression compiles, and the call fails when it is evaluated.
  kFailsAtRunTime,
  // The expression does not compile; the error points at the first argument.
  kRefusesToCompile,
};

using Arguments = absl::Span<const Value>;

// One overload of a function. It must be pure, as calls with constant arguments
// are made once, when the expression is compiled, and safe to call from any
// thread.
struct Function {
  std::string name;
  CallStyle style = CallStyle::kGlobal;
  Signature signature = {};
  // Gets as many arguments as the signature has, each of the declared kind (or
  // null for an object); they are valid during the call. A refusal's message is
  // shown to the writer of the expression.
  std::function<absl::StatusOr<Value>(Arguments)> call = {};
  ConstantFailure on_constant_failure = ConstantFailure::kFailsAtRunTime;
  // How many steps a call takes besides those for reading its arguments and
  // writing its result; empty: none.
  std::function<int64_t(Arguments)> cost = {};
  // Asked once for each call in an expression, with those of the arguments that
  // are constant: the overload to use there, with work done beforehand; null
  // for this one. A refusal's message is shown to the writer of the expression,
  // which does not compile. Empty: always this one.
  std::function<absl::StatusOr<std::shared_ptr<const Function>>(
      absl::Span<const std::optional<Value>>)>
      specialize = {};
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_FUNCTION_H_
