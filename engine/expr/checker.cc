#include "engine/expr/checker.h"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"

#include "engine/base/nearest.h"
#include "engine/base/status_macros.h"
#include "engine/expr/activation.h"
#include "engine/expr/error.h"
#include "engine/expr/evaluator.h"
#include "engine/expr/operators.h"

namespace pistis::expr {
namespace {

constexpr int64_t kFoldingBudget = 100'000;

std::string TypeNames(absl::Span<const Type> types) {
  return absl::StrJoin(types, " and ", [](std::string* out, const Type& type) {
    out->append(type.Name());
  });
}

std::string Suggestion(absl::string_view unknown,
                       const std::vector<std::string>& known) {
  const auto nearest = NearestName(unknown, known);
  if (!nearest.has_value()) return "";
  return absl::StrCat("; did you mean `", *nearest, "`?");
}

bool IsKeyType(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kBool:
    case TypeKind::kInt:
    case TypeKind::kUint:
    case TypeKind::kString:
    case TypeKind::kDyn:
      return true;
    case TypeKind::kNull:
    case TypeKind::kDouble:
    case TypeKind::kBytes:
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kObject:
    case TypeKind::kParameter:
      return false;
  }
  std::abort();
}

class Checker {
 public:
  Checker(const Ast& ast, const Environment& environment, Typing typing)
      : ast_(ast), environment_(environment), typing_(typing) {}

  absl::StatusOr<Program> Run() {
    program_.source = ast_.source;
    program_.root = ast_.root;
    program_.code.resize(ast_.nodes.size());
    program_.nodes.resize(ast_.nodes.size());
    PISTIS_RETURN_IF_ERROR(CheckNode(ast_.root).status());
    return std::move(program_);
  }

 private:
  using Checked = absl::StatusOr<Type>;

  [[nodiscard]] const Node& NodeAt(NodeId id) const {
    return ast_.nodes[static_cast<size_t>(id)];
  }
  Instruction& CodeAt(NodeId id) {
    return program_.code[static_cast<size_t>(id)];
  }

  // The error under static typing; under dynamic typing the code stands as it
  // is, and what type it has is known only at run time.
  [[nodiscard]] Checked Wrong(int offset, std::string message) const {
    if (typing_ == Typing::kDynamic) return Type::Dyn();
    return MakeExprError(ast_.source, {offset, std::move(message)});
  }

  // The same, and the node fails with `error` when it is evaluated.
  Checked Unknown(NodeId id, ErrorCode error, std::string message) {
    CodeAt(id).op = Op::kFail;
    CodeAt(id).error = error;
    return Wrong(NodeAt(id).offset, std::move(message));
  }

  Checked CheckNode(NodeId id) {
    const Node& node = NodeAt(id);
    PISTIS_ASSIGN_OR_RETURN(Type type, CheckKind(id, node));
    program_.nodes[static_cast<size_t>(id)] =
        NodeInfo{node.begin, node.end, node.offset, type};
    PISTIS_RETURN_IF_ERROR(Fold(id));
    return type;
  }

  Checked CheckKind(NodeId id, const Node& node) {
    switch (node.kind) {
      case NodeKind::kLiteral:
        return CheckLiteral(id, node);
      case NodeKind::kIdentifier:
        return CheckIdentifier(id, node);
      case NodeKind::kSelect:
        return CheckSelect(id, node);
      case NodeKind::kIndex:
        return CheckIndex(id, node);
      case NodeKind::kList:
        return CheckList(id, node);
      case NodeKind::kMap:
        return CheckMap(id, node);
      case NodeKind::kOperator:
        return CheckOperator(id, node);
      case NodeKind::kAnd:
        return CheckLogic(id, node, Op::kAnd);
      case NodeKind::kOr:
        return CheckLogic(id, node, Op::kOr);
      case NodeKind::kConditional:
        return CheckConditional(id, node);
      case NodeKind::kFunctionCall:
        if (node.name == "has") return CheckHas(id, node);
        return CheckCall(id, node, CallStyle::kGlobal);
      case NodeKind::kMethodCall:
        return CheckCall(id, node, CallStyle::kMethod);
    }
    std::abort();
  }

  // Checks the children of `node` and makes them those of its instruction.
  absl::StatusOr<std::vector<Type>> CheckChildren(NodeId id, const Node& node,
                                                  Op op) {
    std::vector<Type> types;
    types.reserve(node.children.size());
    for (const NodeId child : node.children) {
      PISTIS_ASSIGN_OR_RETURN(Type type, CheckNode(child));
      types.push_back(std::move(type));
    }
    CodeAt(id).op = op;
    CodeAt(id).children.assign(node.children.begin(), node.children.end());
    return types;
  }

  Checked CheckLiteral(NodeId id, const Node& node) {
    CodeAt(id).op = Op::kConstant;
    CodeAt(id).constant = node.literal;
    switch (node.literal.kind()) {
      case ValueKind::kNull:
        return Type::Null();
      case ValueKind::kBool:
        return Type::Bool();
      case ValueKind::kInt:
        return Type::Int();
      case ValueKind::kUint:
        return Type::Uint();
      case ValueKind::kDouble:
        return Type::Double();
      case ValueKind::kString:
        return Type::String();
      case ValueKind::kBytes:
        return Type::Bytes();
      case ValueKind::kList:
      case ValueKind::kMap:
      case ValueKind::kObject:
      case ValueKind::kError:
        return Type::Dyn();
    }
    std::abort();
  }

  Checked CheckIdentifier(NodeId id, const Node& node) {
    const auto slot = environment_.SlotOf(node.name);
    if (!slot.has_value()) {
      return Unknown(
          id, ErrorCode::kNoSuchVariable,
          absl::StrCat("no variable `", node.name, "`",
                       Suggestion(node.name, environment_.VariableNames())));
    }
    CodeAt(id).op = Op::kVariable;
    CodeAt(id).slot = *slot;
    return environment_.variables()[static_cast<size_t>(*slot)].type;
  }

  Checked CheckSelect(NodeId id, const Node& node) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kMember));
    const Type& holder = types[0];
    CodeAt(id).constant = Value::String(node.name);
    if (holder.is_dyn()) return Type::Dyn();
    if (holder.kind() == TypeKind::kObject) {
      return CheckField(id, node, holder.object());
    }
    const bool named_entries =
        holder.kind() == TypeKind::kMap &&
        (holder.key().is_dyn() || holder.key().kind() == TypeKind::kString);
    if (named_entries) return holder.value();
    return Wrong(node.offset,
                 absl::StrCat("no field `", node.name, "` in ", holder.Name()));
  }

  Checked CheckField(NodeId id, const Node& node, const ObjectType& object) {
    const auto slot = object.SlotOf(node.name);
    if (!slot.has_value()) {
      return Unknown(id, ErrorCode::kNoSuchField,
                     absl::StrCat("no field `", node.name, "` in ", object.name,
                                  Suggestion(node.name, object.FieldNames())));
    }
    CodeAt(id).op = Op::kField;
    CodeAt(id).slot = *slot;
    return object.fields[static_cast<size_t>(*slot)].type;
  }

  // has(a.b): whether the selection would find something.
  Checked CheckHas(NodeId id, const Node& node) {
    const bool selects = node.children.size() == 1 &&
                         NodeAt(node.children[0]).kind == NodeKind::kSelect;
    if (!selects) {
      return Unknown(id, ErrorCode::kNoSuchOverload,
                     "`has` takes one field, as in has(a.b)");
    }
    PISTIS_RETURN_IF_ERROR(CheckNode(node.children[0]).status());
    const Instruction& selection = CodeAt(node.children[0]);
    Instruction& instruction = CodeAt(id);
    instruction.error = selection.error;
    if (selection.op == Op::kField) instruction.op = Op::kHasField;
    if (selection.op == Op::kMember) instruction.op = Op::kHasMember;
    if (selection.op == Op::kConstant) {
      instruction.op = Op::kConstant;
      instruction.constant = Value::Bool(true);
      return Type::Bool();
    }
    instruction.slot = selection.slot;
    instruction.constant = selection.constant;
    instruction.children = selection.children;
    return Type::Bool();
  }

  Checked CheckIndex(NodeId id, const Node& node) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kIndex));
    const Type item = Type::Parameter(0);
    const Type key = Type::Parameter(1);
    const Signature of_list = {{Type::List(item), Type::Int()}, item};
    const Signature of_map = {{Type::Map(key, item), key}, item};
    if (types[0].is_dyn()) return Type::Dyn();
    for (const Signature& signature : {of_list, of_map}) {
      const auto result = ResultFor(signature, types);
      if (result.has_value()) return *result;
    }
    return Wrong(node.offset,
                 absl::StrCat("`[]` does not take ", TypeNames(types)));
  }

  // The type all of `types` have, or dyn.
  [[nodiscard]] static Type Common(const std::vector<Type>& types) {
    if (types.empty()) return Type::Dyn();
    Type common = types.front();
    for (const Type& type : types) {
      common = Reconcile(common, type).value_or(Type::Dyn());
    }
    return common;
  }

  Checked CheckList(NodeId id, const Node& node) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kList));
    return Type::List(Common(types));
  }

  Checked CheckMap(NodeId id, const Node& node) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kMap));
    std::vector<Type> keys;
    std::vector<Type> values;
    for (size_t i = 0; i + 1 < types.size(); i += 2) {
      keys.push_back(types[i]);
      values.push_back(types[i + 1]);
      if (!IsKeyType(types[i])) {
        PISTIS_RETURN_IF_ERROR(
            Wrong(NodeAt(node.children[i]).begin,
                  absl::StrCat(types[i].Name(), " cannot be a key"))
                .status());
      }
    }
    return Type::Map(Common(keys), Common(values));
  }

  Checked CheckOperator(NodeId id, const Node& node) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kOperator));
    CodeAt(id).operation = node.operation;
    std::optional<Type> result;
    for (const Signature& signature : SignaturesOf(node.operation)) {
      result = Either(result, ResultFor(signature, types));
    }
    if (result.has_value()) return *result;
    return Wrong(node.offset,
                 absl::StrCat("`", OperatorText(node.operation),
                              "` does not take ", TypeNames(types)));
  }

  // What comes out where either of two overloads may be the one.
  [[nodiscard]] static std::optional<Type> Either(
      const std::optional<Type>& a, const std::optional<Type>& b) {
    if (!a.has_value()) return b;
    if (!b.has_value() || *a == *b) return a;
    return Type::Dyn();
  }

  Checked CheckLogic(NodeId id, const Node& node, Op op) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, op));
    for (size_t i = 0; i < types.size(); ++i) {
      if (types[i].is_dyn() || types[i].kind() == TypeKind::kBool) continue;
      PISTIS_RETURN_IF_ERROR(
          Wrong(NodeAt(node.children[i]).begin,
                absl::StrCat("`", op == Op::kAnd ? "&&" : "||",
                             "` takes bool, not ", types[i].Name()))
              .status());
    }
    return Type::Bool();
  }

  Checked CheckConditional(NodeId id, const Node& node) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kConditional));
    if (!types[0].is_dyn() && types[0].kind() != TypeKind::kBool) {
      PISTIS_RETURN_IF_ERROR(
          Wrong(NodeAt(node.children[0]).begin,
                absl::StrCat("`?` takes bool, not ", types[0].Name()))
              .status());
    }
    const auto common = Reconcile(types[1], types[2]);
    if (common.has_value()) return *common;
    return Wrong(node.offset, absl::StrCat("the two results differ: ",
                                           TypeNames({types[1], types[2]})));
  }

  Checked CheckCall(NodeId id, const Node& node, CallStyle style) {
    PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                            CheckChildren(id, node, Op::kCall));
    const Environment::Overloads& known = environment_.Find(node.name, style);
    if (known.empty()) return UnknownFunction(id, node, style);
    std::optional<Type> result;
    for (const auto& overload : known) {
      const auto taken = ResultFor(overload->signature, types);
      if (!taken.has_value()) continue;
      CodeAt(id).overloads.push_back(overload);
      result = Either(result, taken);
    }
    if (result.has_value()) return *result;
    const std::string arguments =
        types.empty() ? "no arguments" : TypeNames(types);
    return Wrong(node.offset,
                 absl::StrCat("`", node.name, "` does not take ", arguments));
  }

  Checked UnknownFunction(NodeId id, const Node& node, CallStyle style) {
    const absl::string_view what =
        style == CallStyle::kMethod ? "method" : "function";
    return Unknown(
        id, ErrorCode::kNoSuchFunction,
        absl::StrCat("no ", what, " `", node.name, "`",
                     Suggestion(node.name, environment_.FunctionNames(style))));
  }

  [[nodiscard]] bool IsConstant(NodeId id) {
    return CodeAt(id).op == Op::kConstant;
  }

  // Replaces a node whose children are all constant by its value, where it has
  // one.
  absl::Status Fold(NodeId id) {
    Instruction& code = CodeAt(id);
    if (code.children.empty() && code.op != Op::kList && code.op != Op::kMap &&
        code.op != Op::kCall) {
      return absl::OkStatus();
    }
    for (const NodeId child : code.children) {
      if (!IsConstant(child)) return absl::OkStatus();
    }
    const FixedActivation nothing({});
    Value value = Evaluator(program_, nothing, kFoldingBudget).Run(id);
    if (value.is_error()) return RefuseToCompile(id, value);
    code.op = Op::kConstant;
    code.constant = std::move(value);
    return absl::OkStatus();
  }

  // The error of a call that may not wait until run time.
  absl::Status RefuseToCompile(NodeId id, const Value& error) {
    const Instruction& code = CodeAt(id);
    const bool refuses = typing_ == Typing::kStatic && code.op == Op::kCall &&
                         error.error_code() == ErrorCode::kFunctionFailed &&
                         code.overloads.front()->on_constant_failure ==
                             ConstantFailure::kRefusesToCompile;
    if (!refuses) return absl::OkStatus();
    const Node& node = NodeAt(id);
    const int offset =
        node.children.empty() ? node.offset : NodeAt(node.children[0]).begin;
    return MakeExprError(ast_.source,
                         {offset, std::string(error.error_message())});
  }

  const Ast& ast_;
  const Environment& environment_;
  const Typing typing_;
  Program program_;
};

}  // namespace

absl::StatusOr<Program> Check(const Ast& ast, const Environment& environment,
                              Typing typing) {
  return Checker(ast, environment, typing).Run();
}

}  // namespace pistis::expr
