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
  // The same as kMember, as an optional.
  kOptionalMember,
  // As the node kinds of the same names.
  kIndex,
  kOptionalIndex,
  kOptionalItem,
  kList,
  kMap,
  kOperator,
  kAnd,
  kOr,
  kConditional,
  // The first of `overloads` that takes the values of the children.
  kCall,
  // `macro` with `locals` variables from the one at `slot` on, over child 0,
  // with child 1, or where child 1 holds, with child 2.
  kMacro,
  // The last child, with the values of the others in the local variables from
  // the one at `slot` on.
  kBind,
  // What the local variable at `slot` holds.
  kLocal,
  // The error `error`. Only without static typing.
  kFail,
};

// What a kMacro does with the items of a list or map.
enum class Macro : uint8_t {
  kAll,
  kExists,
  kExistsOne,
  // A list of what child 1 comes to.
  kMap,
  // A list of the items for which child 1 holds.
  kFilter,
  // A map of what child 1 comes to, by the keys there were; of the entries of
  // the maps that child 1 comes to.
  kTransformMap,
  kTransformMapEntry,
  // The list in the order of what child 1 comes to.
  kSortBy,
  // What child 1 comes to for what an optional holds: as an optional; itself.
  kOptMap,
  kOptFlatMap,
  // The optional, or what child 1 comes to where it holds nothing; what it
  // holds, or that.
  kOptOr,
  kOptOrValue,
};

// What one node does.
struct Instruction {
  Op op = Op::kFail;
  Operator operation = Operator::kNot;
  ErrorCode error = ErrorCode::kNoSuchOverload;
  Macro macro = Macro::kAll;
  int slot = 0;
  int locals = 0;
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
  // How many local variables there may be at once.
  int locals = 0;
};

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_PROGRAM_H_
