// Runs programs.
#ifndef PISTIS_ENGINE_EXPR_EVALUATOR_H_
#define PISTIS_ENGINE_EXPR_EVALUATOR_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/types/span.h"

#include "engine/expr/activation.h"
#include "engine/expr/ast.h"
#include "engine/expr/program.h"
#include "engine/expr/value.h"

namespace pistis::expr {

// One evaluation. A node costs a step, and work in proportion to the size of
// strings, lists and maps costs more.
class Evaluator {
 public:
  // Borrows both for its lifetime.
  Evaluator(const Program& program, const Activation& activation,
            int64_t step_budget)
      : program_(program),
        activation_(activation),
        remaining_(step_budget),
        locals_(static_cast<size_t>(program.locals),
                Value::Error(ErrorCode::kNoSuchVariable)) {}

  // The value of the program at `node`, or an error value that knows the node
  // it arose at. The value may borrow from the program and the activation.
  [[nodiscard]] Value Run(NodeId node);

  // The steps that are left; below 0 where they were spent.
  [[nodiscard]] int64_t remaining() const { return remaining_; }

 private:
  Value Eval(NodeId node);
  // The node's value where it is a constant; else `made`, which becomes that.
  const Value& Operand(NodeId node, Value& made);
  Value EvalInstruction(const Instruction& instruction);
  [[nodiscard]] Value EvalVariable(const Instruction& instruction) const;
  Value EvalField(const Instruction& instruction);
  Value EvalMember(const Instruction& instruction);
  Value EvalHas(const Instruction& instruction);
  Value EvalIndex(const Instruction& instruction);
  [[nodiscard]] Value EvalLocal(const Instruction& instruction) const;
  // An item of a literal; nothing where it stands behind a ? and is none.
  std::optional<Value> EvalItem(NodeId node);
  Value EvalList(const Instruction& instruction);
  Value EvalMap(const Instruction& instruction);
  Value EvalOperator(const Instruction& instruction);
  Value EvalLogic(const Instruction& instruction);
  Value EvalConditional(const Instruction& instruction);
  Value EvalCall(const Instruction& instruction);
  Value Call(const Function& function, absl::Span<const Value> arguments);
  Value EvalBind(const Instruction& instruction);
  Value EvalMacro(const Instruction& instruction);
  Value EvalOptionalMacro(const Instruction& instruction, const Value& target);
  Value Quantify(const Instruction& instruction, const Value& range);
  Value ExistsOne(const Instruction& instruction, const Value& range);
  Value CollectItems(const Instruction& instruction, const Value& range);
  Value CollectEntries(const Instruction& instruction, const Value& range);
  Value SortBy(const Instruction& instruction, const Value& range);

  // The value of a node that must be true or false, or an error.
  Value EvalCondition(NodeId node);
  // Sets the local variables of a macro to item number `index` of `range`.
  void SetLocals(const Instruction& instruction, const Value& range,
                 int64_t index);
  // `value`, charged for; an error where that spends the budget.
  Value Paid(Value value);

  // Takes `steps` from the budget; false where it is spent.
  bool Charge(int64_t steps) {
    remaining_ -= steps;
    return remaining_ >= 0;
  }

  const Program& program_;
  const Activation& activation_;
  int64_t remaining_;
  absl::InlinedVector<Value, 4> locals_;
};

// What `&&`, `||`, `all` and `exists` come to: the first value that decides,
// else the first error, else the contrary of what decides.
class Verdict {
 public:
  explicit Verdict(Op op) : deciding_(op == Op::kOr) {}
  explicit Verdict(Macro macro) : deciding_(macro == Macro::kExists) {}

  // Takes what `node` came to; true where that decides.
  [[nodiscard]] bool DecidedBy(Value value, NodeId node);
  [[nodiscard]] Value Result() &&;

 private:
  bool deciding_;
  bool decided_ = false;
  std::optional<Value> error_;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_EVALUATOR_H_
