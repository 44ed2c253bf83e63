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
#include "engine/expr/value.h"

namespace pistis::expr {

struct Variable {
  std::string name;
  Type type;
  // Where it has the same value in every evaluation; an Activation is then not
  // asked for it.
  std::optional<Value> constant = std::nullopt;
};

struct Declarations {
  // A variable's place here is its slot in the Activation. Its name may have
  // dots: `a.b` is then the variable of that name before it is a field of `a`.
  std::vector<Variable> variables = {};
  // In addition to the standard functions.
  std::vector<Function> functions = {};
  // Where names are looked for first: with "a.b", `x` may stand for `a.b.x`,
  // `a.x` or `x`, in this order. Empty: only as they stand.
  std::string container = {};
};

// The variables and functions that expressions may use. Immutable; any thread.
// Compiled expressions do not need it any more.
class Environment {
 public:
  using Overloads = std::vector<std::shared_ptr<const Function>>;

  // InvalidArgument where a name is not made of identifiers with dots between
  // them, or is reserved, a variable is declared twice, or a function has no
  // body or the parameters of another one of its name and style.
  static absl::StatusOr<Environment> Create(Declarations declarations);

  [[nodiscard]] std::optional<int> SlotOf(absl::string_view variable) const;
  [[nodiscard]] const std::vector<Variable>& variables() const {
    return variables_;
  }

  // The slot of the variable that `name` stands for in an expression: looked
  // for in the container, but with a dot in front only as it stands.
  [[nodiscard]] std::optional<int> Resolve(absl::string_view name) const;

  // The overloads of a function, looked for as Resolve does; none where the
  // name is unknown.
  [[nodiscard]] const Overloads& Find(absl::string_view name,
                                      CallStyle style) const;

  [[nodiscard]] std::vector<std::string> VariableNames() const;
  [[nodiscard]] std::vector<std::string> FunctionNames(CallStyle style) const;
  // Whether there is a function of a name that begins with `name` and a dot.
  [[nodiscard]] bool HasNamespace(absl::string_view name) const;

 private:
  using FunctionTable = std::map<std::string, Overloads, std::less<>>;

  struct Functions {
    FunctionTable globals;
    FunctionTable methods;
    [[nodiscard]] const FunctionTable& Of(CallStyle style) const {
      return style == CallStyle::kGlobal ? globals : methods;
    }
  };

  Environment() = default;
  // Those of every environment.
  static const Functions& Standard();
  absl::Status AddVariable(Variable variable);
  absl::Status AddFunction(Function function);
  // What `name` may stand for, in order.
  [[nodiscard]] std::vector<std::string> Candidates(
      absl::string_view name) const;

  std::vector<Variable> variables_;
  // Its own, and the standard ones that it adds overloads to.
  Functions functions_;
  std::string container_;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_ENVIRONMENT_H_
