// One run of the checker: what checker.h promises, in parts. checker.cc has the
// kinds of nodes, checker_names.cc names and fields, checker_calls.cc
// functions, checker_macros.cc what declares local variables.
#ifndef PISTIS_ENGINE_EXPR_CHECKING_H_
#define PISTIS_ENGINE_EXPR_CHECKING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "engine/expr/ast.h"
#include "engine/expr/checker.h"
#include "engine/expr/environment.h"
#include "engine/expr/program.h"
#include "engine/expr/type.h"

namespace pistis::expr {

// How a macro is written: with so many variables, and parts behind them.
struct MacroForm {
  absl::string_view name;
  Macro macro = Macro::kAll;
  int locals = 1;
  int parts = 1;
};

// "int and string".
[[nodiscard]] std::string TypeNames(absl::Span<const Type> types);

// "; did you mean `x`?" with the nearest of `known`; empty where none is near.
[[nodiscard]] std::string Suggestion(absl::string_view unknown,
                                     const std::vector<std::string>& known);

// The form of the macro that a method call is; nothing where it is none. Names
// of macros, to suggest.
[[nodiscard]] std::optional<MacroForm> MacroFormOf(const Node& call);
[[nodiscard]] std::vector<std::string> MacroNames();

class Checker {
 public:
  // Borrows both for its lifetime.
  Checker(const Ast& ast, const Environment& environment, Typing typing)
      : ast_(ast), environment_(environment), typing_(typing) {}

  absl::StatusOr<Program> Run();

 private:
  using Checked = absl::StatusOr<Type>;

  struct Local {
    std::string name;
    Type type;
  };

  [[nodiscard]] const Node& NodeAt(NodeId id) const {
    return ast_.nodes[static_cast<size_t>(id)];
  }
  Instruction& CodeAt(NodeId id) {
    return program_.code[static_cast<size_t>(id)];
  }

  // The error under static typing; under dynamic typing the code stands as it
  // is, and what type it has is known only at run time.
  [[nodiscard]] Checked Wrong(int offset, std::string message) const;
  // The same, and the node fails with `error` when it is evaluated.
  Checked Unknown(NodeId id, ErrorCode error, std::string message);

  Checked CheckNode(NodeId id);
  Checked CheckKind(NodeId id, const Node& node);
  // Checks `children` and makes them those of the instruction of `id`.
  absl::StatusOr<std::vector<Type>> CheckChildren(
      NodeId id, absl::Span<const NodeId> children, Op op);
  // `child` must be true or false for `user`.
  absl::Status RequireBool(NodeId child, const Type& type,
                           absl::string_view user) const;

  Checked CheckIndex(NodeId id, const Node& node);
  Checked CheckList(NodeId id, const Node& node);
  Checked CheckMap(NodeId id, const Node& node);
  Checked CheckOptionalItem(NodeId id, const Node& node);
  Checked CheckOperator(NodeId id, const Node& node);
  Checked CheckLogic(NodeId id, const Node& node, Op op);
  Checked CheckConditional(NodeId id, const Node& node);

  Checked CheckIdentifier(NodeId id, const Node& node);
  Checked CheckSelect(NodeId id, const Node& node);
  Checked CheckMember(NodeId id, const Node& node, const Type& holder);
  Checked CheckField(NodeId id, const Node& node, const ObjectType& object);
  Checked CheckHas(NodeId id, const Node& node);
  // Makes `id` the variable or type that `name` stands for outside all macros;
  // nothing where it stands for none.
  std::optional<Type> ResolveName(NodeId id, const std::string& name);
  // "a.b.c", where the node is no more than that and `a` is no local variable.
  [[nodiscard]] std::optional<std::string> QualifiedName(NodeId id) const;
  [[nodiscard]] std::optional<int> FindLocal(absl::string_view name) const;
  Checked UseLocal(NodeId id, int slot);
  [[nodiscard]] std::vector<std::string> NamesInScope() const;

  Checked CheckMethodCall(NodeId id, const Node& node);
  Checked CheckCall(NodeId id, const std::string& name, CallStyle style,
                    absl::Span<const NodeId> arguments);
  Checked UnknownFunction(NodeId id, const std::string& name, CallStyle style);
  // Lets the overloads prepare for the arguments that are constant.
  absl::Status Specialize(NodeId id);

  Checked CheckMacro(NodeId id, const Node& node, const MacroForm& form);
  absl::StatusOr<std::vector<Type>> MacroLocals(NodeId range, const Type& type,
                                                const MacroForm& form) const;
  [[nodiscard]] Checked MacroResult(const MacroForm& form,
                                    absl::Span<const Type> locals,
                                    const Type& body, NodeId body_id) const;
  // cel.bind, cel.block and what goes with them; nothing for other names.
  std::optional<Checked> CheckCelCall(NodeId id, const Node& node,
                                      absl::string_view name);
  Checked CheckBind(NodeId id, const Node& node);
  Checked CheckBlock(NodeId id, const Node& node);
  Checked MisusedCelCall(NodeId id);
  // The name that a macro's variable is to have; nothing where the node is not
  // fit to name one.
  [[nodiscard]] std::optional<std::string> LocalNameAt(NodeId id) const;
  void Declare(std::string name, Type type);

  [[nodiscard]] bool IsConstant(NodeId id) {
    return CodeAt(id).op == Op::kConstant;
  }
  // Replaces a node whose children are all constant by its value, where it has
  // one. Lists that are searched without a look at each item are left alone:
  // they are long, and what is made of them would be as long in each
  // expression.
  absl::Status Fold(NodeId id);
  // The error of a call that may not wait until run time.
  absl::Status RefuseToCompile(NodeId id, const Value& error);

  const Ast& ast_;
  const Environment& environment_;
  const Typing typing_;
  Program program_;
  // In the order of their slots; the innermost last.
  std::vector<Local> locals_;
  int64_t folding_budget_ = 100'000;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_CHECKING_H_
