// What the names in expressions stand for.
#ifndef PISTIS_ENGINE_EXPR_ENVIRONMENT_H_
#define PISTIS_ENGINE_EXPR_ENVIRONMENT_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/expr/function.h"
#include "engine/expr/type.h"

namespace pistis::expr {

struct Variable {
  std::string name;
  Type type;
};

struct Declarations {
  // A variable's place here is its slot in the Activation.
  std::vector<Variable> variables = {};
  // In addition to the standard functions.
  std::vector<Function> functions = {};
};

// The variables and functions that expressions may use. Immutable; any thread.
// Compiled expressions do not need it any more.
class Environment {
 public:
  using Overloads = std::vector<std::shared_ptr<const Function>>;

  // InvalidArgument where a name is not an identifier or is reserved, a
  // variable is declared twice, or a function has no body or the parameters of
  // another one of its name and style.
  static absl::StatusOr<Environment> Create(Declarations declarations);

  [[nodiscard]] std::optional<int> SlotOf(absl::string_view variable) const;
  [[nodiscard]] const std::vector<Variable>& variables() const {
    return variables_;
  }

  // The overloads of a function; none where the name is unknown.
  [[nodiscard]] const Overloads& Find(absl::string_view name,
                                      CallStyle style) const;

  [[nodiscard]] std::vector<std::string> VariableNames() const;
  [[nodiscard]] std::vector<std::string> FunctionNames(CallStyle style) const;

 private:
  using FunctionTable = std::map<std::string, Overloads, std::less<>>;

  Environment() = default;
  absl::Status AddVariable(Variable variable);
  absl::Status AddFunction(Function function);
  [[nodiscard]] const FunctionTable& TableOf(CallStyle style) const;

  std::vector<Variable> variables_;
  FunctionTable globals_;
  FunctionTable methods_;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_ENVIRONMENT_H_
