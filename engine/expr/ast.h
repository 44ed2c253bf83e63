// The syntax tree: what the parser makes and the checker reads.
#ifndef PISTIS_ENGINE_EXPR_AST_H_
#define PISTIS_ENGINE_EXPR_AST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/expr/value.h"

namespace pistis::expr {

// Names a node of one tree; the compiled program uses the same numbers.
using NodeId = int32_t;

enum class NodeKind : uint8_t {
  // `literal`
  kLiteral,
  // `name`, with a dot in front where the source has one.
  kIdentifier,
  // child 0 . `name`, child 0 .? `name`
  kSelect,
  kOptionalSelect,
  // child 0 [ child 1 ], child 0 [? child 1 ]
  kIndex,
  kOptionalIndex,
  // What stands behind a ? in a list, or behind the : of a map's entry that
  // has a ? in front: child 0.
  kOptionalItem,
  // [ children ]
  kList,
  // { child 0 : child 1, child 2 : child 3, ... }
  kMap,
  // `operation` with one or two children
  kOperator,
  // Two or more children, from left to right.
  kAnd,
  kOr,
  // child 0 ? child 1 : child 2
  kConditional,
  // `name` ( children )
  kFunctionCall,
  // child 0 . `name` ( the other children )
  kMethodCall,
};

enum class Operator : uint8_t {
  kNot,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIn,
};

// "+", "in", ... as it is written.
[[nodiscard]] absl::string_view OperatorText(Operator operation);

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  Operator operation = Operator::kNot;
  // Byte offsets in the source. `offset` is where to point at: the operator of
  // an operation, the name of a selection or call, else the beginning.
  int begin = 0;
  int end = 0;
  int offset = 0;
  // Steps down to the deepest leaf.
  int height = 0;
  std::string name;
  Value literal;
  std::vector<NodeId> children;
};

// A tree; children come before their parents.
struct Ast {
  std::string source;
  std::vector<Node> nodes;
  NodeId root = 0;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_AST_H_
