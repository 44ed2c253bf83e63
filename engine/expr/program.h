// The compiled form of an expression: the checker makes it, the evaluator runs
// it.
#ifndef PISTIS_ENGINE_EXPR_PROGRAM_H_
#define PISTIS_ENGINE_EXPR_PROGRAM_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"

#include "engine/expr/ast.h"
#include "engine/expr/function.h"
#include "engine/expr/type.h"
#include "engine/expr/value.h"

namespace pistis::expr {

enum class Op : uint8_t {
  // `constant`
  kConstant,
  // The variable at `slot`.
  kVariable,
  // The field at `slot` of child 0, an object; whether it is there.
  kField,
  kHasField,
  // The field or entry named `constant` of child 0; whether it is there.
  kMember,
  kHasMember,
  // As the node kinds of the same names.
  kIndex,
  kList,
  kMap,
  kOperator,
  kAnd,
  kOr,
  kConditional,
  // The first of `overloads` that takes the values of the children.
  kCall,
  // The error `error`. Only without static typing.
  kFail,
};

// What one node does.
struct Instruction {
  Op op = Op::kFail;
  Operator operation = Operator::kNot;
  ErrorCode error = ErrorCode::kNoSuchOverload;
  int slot = 0;
  absl::InlinedVector<NodeId, 3> children;
  Value constant;
  std::vector<std::shared_ptr<const Function>> overloads;
};

// What is known about one node besides: where it stands in the source (byte
// offsets; see Node) and its type.
struct NodeInfo {
  int begin = 0;
  int end = 0;
  int offset = 0;
  Type type;
};

// `code` and `nodes` have the tree's node ids as index. Immutable once made.
struct Program {
  std::string source;
  std::vector<Instruction> code;
  std::vector<NodeInfo> nodes;
  NodeId root = 0;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_PROGRAM_H_
