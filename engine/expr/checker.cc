#include "engine/expr/checker.h"

#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "engine/base/nearest.h"
#include "engine/base/status_macros.h"
#include "engine/expr/activation.h"
#include "engine/expr/checking.h"
#include "engine/expr/containers.h"
#include "engine/expr/error.h"
#include "engine/expr/evaluator.h"
#include "engine/expr/operators.h"

namespace pistis::expr {
namespace {

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
    case TypeKind::kTimestamp:
    case TypeKind::kDuration:
    case TypeKind::kType:
    case TypeKind::kOptional:
    case TypeKind::kParameter:
      return false;
  }
  std::abort();
}

// The type all of `types` have, or dyn.
Type Common(const std::vector<Type>& types) {
  if (types.empty()) return Type::Dyn();
  Type common = types.front();
  for (const Type& type : types) {
    common = Reconcile(common, type).value_or(Type::Dyn());
  }
  return common;
}

}  // namespace

std::string TypeNames(absl::Span<const Type> types) {
  return absl::StrJoin(types, " and ", [](std::string* out, const Type& type) {
    out->append(type.Name());
  });
}

absl::StatusOr<Program> Checker::Run() {
  program_.source = ast_.source;
  program_.root = ast_.root;
  program_.code.resize(ast_.nodes.size());
  program_.nodes.resize(ast_.nodes.size());
  PISTIS_RETURN_IF_ERROR(CheckNode(ast_.root).status());
  return std::move(program_);
}

Checker::Checked Checker::Wrong(int offset, std::string message) const {
  if (typing_ == Typing::kDynamic) return Type::Dyn();
  return MakeExprError(ast_.source, {offset, std::move(message)});
}

Checker::Checked Checker::Unknown(NodeId id, ErrorCode error,
                                  std::string message) {
  CodeAt(id).op = Op::kFail;
  CodeAt(id).error = error;
  return Wrong(NodeAt(id).offset, std::move(message));
}

Checker::Checked Checker::CheckNode(NodeId id) {
  const Node& node = NodeAt(id);
  PISTIS_ASSIGN_OR_RETURN(Type type, CheckKind(id, node));
  program_.nodes[static_cast<size_t>(id)] =
      NodeInfo{node.begin, node.end, node.offset, type};
  PISTIS_RETURN_IF_ERROR(Fold(id));
  return type;
}

Checker::Checked Checker::CheckKind(NodeId id, const Node& node) {
  switch (node.kind) {
    case NodeKind::kLiteral:
      CodeAt(id).op = Op::kConstant;
      CodeAt(id).constant = node.literal;
      return Type::Of(node.literal);
    case NodeKind::kIdentifier:
      return CheckIdentifier(id, node);
    case NodeKind::kSelect:
    case NodeKind::kOptionalSelect:
      return CheckSelect(id, node);
    case NodeKind::kIndex:
    case NodeKind::kOptionalIndex:
      return CheckIndex(id, node);
    case NodeKind::kOptionalItem:
      return CheckOptionalItem(id, node);
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
      return CheckCall(id, node.name, CallStyle::kGlobal, node.children);
    case NodeKind::kMethodCall:
      return CheckMethodCall(id, node);
  }
  std::abort();
}

absl::StatusOr<std::vector<Type>> Checker::CheckChildren(
    NodeId id, absl::Span<const NodeId> children, Op op) {
  std::vector<Type> types;
  types.reserve(children.size());
  for (const NodeId child : children) {
    PISTIS_ASSIGN_OR_RETURN(Type type, CheckNode(child));
    types.push_back(std::move(type));
  }
  CodeAt(id).op = op;
  CodeAt(id).children.assign(children.begin(), children.end());
  return types;
}

absl::Status Checker::RequireBool(NodeId child, const Type& type,
                                  absl::string_view user) const {
  if (type.is_dyn() || type.kind() == TypeKind::kBool) return absl::OkStatus();
  return Wrong(NodeAt(child).begin,
               absl::StrCat("`", user, "` takes bool, not ", type.Name()))
      .status();
}

Checker::Checked Checker::CheckIndex(NodeId id, const Node& node) {
  const bool asks = node.kind == NodeKind::kOptionalIndex;
  PISTIS_ASSIGN_OR_RETURN(
      std::vector<Type> types,
      CheckChildren(id, node.children, asks ? Op::kOptionalIndex : Op::kIndex));
  const Instruction& index = CodeAt(node.children[1]);
  const bool names_field = !asks && types[0].kind() == TypeKind::kObject &&
                           index.op == Op::kConstant &&
                           index.constant.kind() == ValueKind::kString;
  if (names_field) {
    Node field = node;
    field.name = std::string(index.constant.text());
    CodeAt(id).children.resize(1);
    return CheckField(id, field, types[0].object());
  }
  const Type item = Type::Parameter(0);
  const Type key = Type::Parameter(1);
  const Signature of_list = {{Type::List(item), Type::Int()}, item};
  const Signature of_map = {{Type::Map(key, item), key}, item};
  const bool optional = asks || types[0].kind() == TypeKind::kOptional;
  if (types[0].kind() == TypeKind::kOptional) {
    const Type held = types[0].item();
    types[0] = held;
  }
  if (types[0].is_dyn()) {
    return optional ? Type::Optional(Type::Dyn()) : Type::Dyn();
  }
  for (const Signature& signature : {of_list, of_map}) {
    const auto result = ResultFor(signature, types);
    if (result.has_value()) return optional ? Type::Optional(*result) : *result;
  }
  return Wrong(node.offset,
               absl::StrCat("`[]` does not take ", TypeNames(types)));
}

Checker::Checked Checker::CheckOptionalItem(NodeId id, const Node& node) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, node.children, Op::kOptionalItem));
  if (types[0].is_dyn()) return Type::Dyn();
  if (types[0].kind() == TypeKind::kOptional) return types[0].item();
  return Wrong(node.begin,
               absl::StrCat("`?` takes an optional, not ", types[0].Name()));
}

Checker::Checked Checker::CheckList(NodeId id, const Node& node) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, node.children, Op::kList));
  return Type::List(Common(types));
}

Checker::Checked Checker::CheckMap(NodeId id, const Node& node) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, node.children, Op::kMap));
  std::vector<Type> keys;
  std::vector<Type> values;
  for (size_t i = 0; i + 1 < types.size(); i += 2) {
    keys.push_back(IsKeyType(types[i]) ? types[i] : Type::Dyn());
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

Checker::Checked Checker::CheckOperator(NodeId id, const Node& node) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, node.children, Op::kOperator));
  CodeAt(id).operation = node.operation;
  std::optional<Type> result;
  for (const Signature& signature : SignaturesOf(node.operation)) {
    result = Either(result, ResultFor(signature, types));
  }
  if (result.has_value()) return *result;
  return Wrong(node.offset, absl::StrCat("`", OperatorText(node.operation),
                                         "` does not take ", TypeNames(types)));
}

Checker::Checked Checker::CheckLogic(NodeId id, const Node& node, Op op) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, node.children, op));
  for (size_t i = 0; i < types.size(); ++i) {
    PISTIS_RETURN_IF_ERROR(
        RequireBool(node.children[i], types[i], op == Op::kAnd ? "&&" : "||"));
  }
  return Type::Bool();
}

Checker::Checked Checker::CheckConditional(NodeId id, const Node& node) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, node.children, Op::kConditional));
  PISTIS_RETURN_IF_ERROR(RequireBool(node.children[0], types[0], "?"));
  const auto common = Reconcile(types[1], types[2]);
  if (common.has_value()) return *common;
  return Wrong(node.offset, absl::StrCat("the two results differ: ",
                                         TypeNames({types[1], types[2]})));
}

absl::Status Checker::Fold(NodeId id) {
  Instruction& code = CodeAt(id);
  const bool computes = !code.children.empty() || code.op == Op::kList ||
                        code.op == Op::kMap || code.op == Op::kCall;
  if (!computes || code.op == Op::kOptionalItem) return absl::OkStatus();
  for (const NodeId child : code.children) {
    if (!IsConstant(child) || IsSearchable(CodeAt(child).constant)) {
      return absl::OkStatus();
    }
  }
  const FixedActivation nothing({});
  Evaluator evaluator(program_, nothing, folding_budget_);
  Value value = evaluator.Run(id);
  folding_budget_ = evaluator.remaining();
  if (value.is_error()) return RefuseToCompile(id, value);
  code.op = Op::kConstant;
  code.constant = std::move(value);
  return absl::OkStatus();
}

absl::Status Checker::RefuseToCompile(NodeId id, const Value& error) {
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

absl::StatusOr<Program> Check(const Ast& ast, const Environment& environment,
                              Typing typing) {
  return Checker(ast, environment, typing).Run();
}

}  // namespace pistis::expr
