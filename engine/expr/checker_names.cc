// The checker's part for names: variables, types, fields.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "engine/base/nearest.h"
#include "engine/base/status_macros.h"
#include "engine/expr/checking.h"
#include "engine/expr/error.h"

namespace pistis::expr {
namespace {

constexpr std::array<absl::string_view, 13> kTypeNames = {
    "bool",      "bytes",
    "double",    "google.protobuf.Duration",
    "int",       "google.protobuf.Timestamp",
    "list",      "map",
    "null_type", "optional_type",
    "string",    "type",
    "uint"};

// The type called `name`, as it stays in memory.
std::optional<absl::string_view> FindTypeName(absl::string_view name) {
  for (const absl::string_view known : kTypeNames) {
    if (known == name) return known;
  }
  return std::nullopt;
}

}  // namespace

std::string Suggestion(absl::string_view unknown,
                       const std::vector<std::string>& known) {
  const auto nearest = NearestName(unknown, known);
  if (!nearest.has_value()) return "";
  return absl::StrCat("; did you mean `", *nearest, "`?");
}

std::optional<int> Checker::FindLocal(absl::string_view name) const {
  for (size_t slot = locals_.size(); slot > 0; --slot) {
    if (locals_[slot - 1].name == name) return static_cast<int>(slot - 1);
  }
  return std::nullopt;
}

Checker::Checked Checker::UseLocal(NodeId id, int slot) {
  CodeAt(id).op = Op::kLocal;
  CodeAt(id).slot = slot;
  return locals_[static_cast<size_t>(slot)].type;
}

std::vector<std::string> Checker::NamesInScope() const {
  std::vector<std::string> names;
  names.reserve(locals_.size());
  for (const Local& local : locals_)
    names.push_back(local.name);
  for (std::string& name : environment_.VariableNames())
    names.push_back(std::move(name));
  return names;
}

std::optional<Type> Checker::ResolveName(NodeId id, const std::string& name) {
  const auto slot = environment_.Resolve(name);
  if (slot.has_value()) {
    const Variable& variable =
        environment_.variables()[static_cast<size_t>(*slot)];
    CodeAt(id).op = variable.constant ? Op::kConstant : Op::kVariable;
    CodeAt(id).slot = *slot;
    CodeAt(id).constant = variable.constant.value_or(Value());
    return variable.type;
  }
  const size_t dot = absl::StartsWith(name, ".") ? 1 : 0;
  const auto type = FindTypeName(absl::string_view(name).substr(dot));
  if (!type.has_value()) return std::nullopt;
  CodeAt(id).op = Op::kConstant;
  CodeAt(id).constant = Value::TypeView(*type);
  return Type::OfTypes();
}

std::optional<std::string> Checker::QualifiedName(NodeId id) const {
  const Node& node = NodeAt(id);
  if (node.kind == NodeKind::kIdentifier) {
    if (FindLocal(node.name).has_value()) return std::nullopt;
    return node.name;
  }
  if (node.kind != NodeKind::kSelect) return std::nullopt;
  const auto holder = QualifiedName(node.children[0]);
  if (!holder.has_value()) return std::nullopt;
  return absl::StrCat(*holder, ".", node.name);
}

Checker::Checked Checker::CheckIdentifier(NodeId id, const Node& node) {
  if (const auto slot = FindLocal(node.name); slot.has_value()) {
    return UseLocal(id, *slot);
  }
  const auto type = ResolveName(id, node.name);
  if (type.has_value()) return *type;
  return Unknown(id, ErrorCode::kNoSuchVariable,
                 absl::StrCat("no variable `", node.name, "`",
                              Suggestion(node.name, NamesInScope())));
}

Checker::Checked Checker::CheckSelect(NodeId id, const Node& node) {
  const auto name = QualifiedName(id);
  if (name.has_value()) {
    const auto type = ResolveName(id, *name);
    if (type.has_value()) return *type;
  }
  const bool asks = node.kind == NodeKind::kOptionalSelect;
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<Type> types,
      CheckChildren(id, node.children,
                    asks ? Op::kOptionalMember : Op::kMember));
  const bool optional = asks || types[0].kind() == TypeKind::kOptional;
  PISTIS_ASSIGN_OR_RETURN(Type member, CheckMember(id, node, types[0]));
  if (!optional) return member;
  if (CodeAt(id).op == Op::kField) {
    CodeAt(id).op = asks ? Op::kOptionalMember : Op::kMember;
  }
  return Type::Optional(std::move(member));
}

// The type of what `node` selects of a `holder`, or of what that holds.
Checker::Checked Checker::CheckMember(NodeId id, const Node& node,
                                      const Type& holder) {
  CodeAt(id).constant = Value::String(node.name);
  if (holder.is_dyn()) return Type::Dyn();
  if (holder.kind() == TypeKind::kOptional) {
    return CheckMember(id, node, holder.item());
  }
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

Checker::Checked Checker::CheckField(NodeId id, const Node& node,
                                     const ObjectType& object) {
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

// has(a.b): whether the selection would find something. `a.b` is a selection
// here even where a variable has that name.
Checker::Checked Checker::CheckHas(NodeId id, const Node& node) {
  const bool selects = node.children.size() == 1 &&
                       NodeAt(node.children[0]).kind == NodeKind::kSelect;
  if (!selects) {
    return Unknown(id, ErrorCode::kNoSuchOverload,
                   "`has` takes one field, as in has(a.b)");
  }
  const NodeId selection = node.children[0];
  PISTIS_ASSIGN_OR_RETURN(
      const std::vector<Type> types,
      CheckChildren(id, NodeAt(selection).children, Op::kHasMember));
  PISTIS_RETURN_IF_ERROR(
      CheckMember(selection, NodeAt(selection), types[0]).status());
  const Instruction& found = CodeAt(selection);
  Instruction& instruction = CodeAt(id);
  instruction.constant = Value::String(NodeAt(selection).name);
  const bool unknown =
      found.op == Op::kFail && found.error == ErrorCode::kNoSuchField;
  if (unknown) {
    instruction.op = Op::kFail;
    instruction.error = ErrorCode::kNoSuchField;
  }
  const bool field =
      found.op == Op::kField && types[0].kind() == TypeKind::kObject;
  if (field) {
    instruction.op = Op::kHasField;
    instruction.slot = found.slot;
  }
  return Type::Bool();
}

}  // namespace pistis::expr
