// Runs programs.
#ifndef PISTIS_ENGINE_EXPR_EVALUATOR_H_
#define PISTIS_ENGINE_EXPR_EVALUATOR_H_

#include <cstdint>

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
      : program_(program), activation_(activation), remaining_(step_budget) {}

  // The value of the program at `node`, or an error value that knows the node
  // it arose at. The value may borrow from the program and the activation.
  [[nodiscard]] Value Run(NodeId node);

 private:
  Value Eval(NodeId node);
  Value EvalInstruction(const Instruction& instruction);
  [[nodiscard]] Value EvalVariable(const Instruction& instruction) const;
  Value EvalField(const Instruction& instruction);
  Value EvalMember(const Instruction& instruction);
  Value EvalHas(const Instruction& instruction);
  Value EvalIndex(const Instruction& instruction);
  Value EvalList(const Instruction& instruction);
  Value EvalMap(const Instruction& instruction);
  Value EvalOperator(const Instruction& instruction);
  Value EvalLogic(const Instruction& instruction);
  Value EvalConditional(const Instruction& instruction);
  Value EvalCall(const Instruction& instruction);

  // Takes `steps` from the budget; false where it is spent.
  bool Charge(int64_t steps);

  const Program& program_;
  const Activation& activation_;
  int64_t remaining_;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_EVALUATOR_H_
