// The checker's part for what declares local variables: the macros that go over
// lists and maps, and cel.bind and its kin.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/expr/checking.h"
#include "engine/expr/error.h"

namespace pistis::expr {
namespace {

constexpr std::array<MacroForm, 22> kForms = {{
    {"all", Macro::kAll, 1, 1},
    {"all", Macro::kAll, 2, 1},
    {"exists", Macro::kExists, 1, 1},
    {"exists", Macro::kExists, 2, 1},
    {"exists_one", Macro::kExistsOne, 1, 1},
    {"exists_one", Macro::kExistsOne, 2, 1},
    {"existsOne", Macro::kExistsOne, 1, 1},
    {"existsOne", Macro::kExistsOne, 2, 1},
    {"map", Macro::kMap, 1, 1},
    {"map", Macro::kMap, 1, 2},
    {"filter", Macro::kFilter, 1, 1},
    {"transformList", Macro::kMap, 2, 1},
    {"transformList", Macro::kMap, 2, 2},
    {"transformMap", Macro::kTransformMap, 2, 1},
    {"transformMap", Macro::kTransformMap, 2, 2},
    {"transformMapEntry", Macro::kTransformMapEntry, 2, 1},
    {"transformMapEntry", Macro::kTransformMapEntry, 2, 2},
    {"sortBy", Macro::kSortBy, 1, 1},
    {"optMap", Macro::kOptMap, 1, 1},
    {"optFlatMap", Macro::kOptFlatMap, 1, 1},
    {"or", Macro::kOptOr, 0, 1},
    {"orValue", Macro::kOptOrValue, 0, 1},
}};

bool TakesOptional(Macro macro) {
  return macro == Macro::kOptMap || macro == Macro::kOptFlatMap ||
         macro == Macro::kOptOr || macro == Macro::kOptOrValue;
}

// Whether part number `part` of so many chooses among the items.
bool IsCondition(const MacroForm& form, int part) {
  const bool tests =
      form.macro == Macro::kAll || form.macro == Macro::kExists ||
      form.macro == Macro::kExistsOne || form.macro == Macro::kFilter;
  return tests || (form.parts == 2 && part == 0);
}

// The whole number that a node is, as text for a name.
std::optional<std::string> NumberText(const Node& node) {
  if (node.kind != NodeKind::kLiteral ||
      node.literal.kind() != ValueKind::kInt) {
    return std::nullopt;
  }
  return absl::StrCat(node.literal.int_value());
}

std::string IndexName(absl::string_view number) {
  return absl::StrCat("cel.index(", number, ")");
}

}  // namespace

std::optional<MacroForm> MacroFormOf(const Node& call) {
  for (const MacroForm& form : kForms) {
    const auto arguments =
        static_cast<size_t>(form.locals) + static_cast<size_t>(form.parts);
    if (form.name == call.name && call.children.size() == arguments + 1) {
      return form;
    }
  }
  return std::nullopt;
}

std::vector<std::string> MacroNames() {
  std::vector<std::string> names;
  names.reserve(kForms.size());
  for (const MacroForm& form : kForms)
    names.emplace_back(form.name);
  return names;
}

void Checker::Declare(std::string name, Type type) {
  locals_.push_back({std::move(name), std::move(type)});
  program_.locals = std::max(program_.locals, static_cast<int>(locals_.size()));
}

std::optional<std::string> Checker::LocalNameAt(NodeId id) const {
  const Node& node = NodeAt(id);
  if (node.kind == NodeKind::kIdentifier && node.name[0] != '.') {
    return node.name;
  }
  const bool named_by_cel = node.kind == NodeKind::kMethodCall &&
                            node.children.size() == 3 &&
                            QualifiedName(node.children[0]) == "cel" &&
                            (node.name == "iterVar" || node.name == "accuVar");
  if (!named_by_cel) return std::nullopt;
  const auto depth = NumberText(NodeAt(node.children[1]));
  const auto place = NumberText(NodeAt(node.children[2]));
  if (!depth.has_value() || !place.has_value()) return std::nullopt;
  return absl::StrCat("cel.", node.name, "(", *depth, ", ", *place, ")");
}

// The types of the variables of a macro over a `range` of that type; of what it
// goes over where it has none.
absl::StatusOr<std::vector<Type>> Checker::MacroLocals(
    NodeId range, const Type& type, const MacroForm& form) const {
  const bool pairs = form.locals == 2;
  const auto locals = [pairs](const Type& place, const Type& item) {
    return pairs ? std::vector<Type>{place, item} : std::vector<Type>{item};
  };
  if (type.is_dyn()) return locals(Type::Dyn(), Type::Dyn());
  if (TakesOptional(form.macro)) {
    if (type.kind() == TypeKind::kOptional) return locals({}, type.item());
  } else if (type.kind() == TypeKind::kList) {
    return locals(Type::Int(), type.item());
  } else if (type.kind() == TypeKind::kMap) {
    return locals(type.key(), pairs ? type.value() : type.key());
  }
  PISTIS_RETURN_IF_ERROR(
      Wrong(NodeAt(range).begin,
            absl::StrCat(
                "`", form.name, "` goes over ",
                TakesOptional(form.macro) ? "optionals" : "lists and maps",
                ", not ", type.Name()))
          .status());
  return locals(Type::Dyn(), Type::Dyn());
}

Checker::Checked Checker::CheckMacro(NodeId id, const Node& node,
                                     const MacroForm& form) {
  const NodeId range = node.children[0];
  std::vector<std::string> names;
  for (int i = 1; i <= form.locals; ++i) {
    auto name = LocalNameAt(node.children[static_cast<size_t>(i)]);
    const bool usable =
        name.has_value() && (names.empty() || names.front() != *name);
    if (!usable) {
      return Unknown(id, ErrorCode::kNoSuchOverload,
                     absl::StrCat("`", form.name,
                                  "` takes the name of a variable first, as "
                                  "in items.",
                                  form.name, "(x, ...)"));
    }
    names.push_back(*std::move(name));
  }
  PISTIS_ASSIGN_OR_RETURN(const Type range_type, CheckNode(range));
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          MacroLocals(range, range_type, form));
  Instruction instruction;
  instruction.op = Op::kMacro;
  instruction.macro = form.macro;
  instruction.slot = static_cast<int>(locals_.size());
  instruction.locals = form.locals;
  instruction.children = {range};
  for (size_t i = 0; i < names.size(); ++i)
    Declare(names[i], types[i]);
  Type body;
  for (int part = 0; part < form.parts; ++part) {
    const NodeId child =
        node.children[1 + names.size() + static_cast<size_t>(part)];
    PISTIS_ASSIGN_OR_RETURN(body, CheckNode(child));
    if (IsCondition(form, part)) {
      PISTIS_RETURN_IF_ERROR(RequireBool(child, body, form.name));
    }
    instruction.children.push_back(child);
  }
  locals_.resize(locals_.size() - names.size());
  CodeAt(id) = std::move(instruction);
  return MacroResult(form, types, body, node.children.back());
}

Checker::Checked Checker::MacroResult(const MacroForm& form,
                                      absl::Span<const Type> locals,
                                      const Type& body, NodeId body_id) const {
  switch (form.macro) {
    case Macro::kAll:
    case Macro::kExists:
    case Macro::kExistsOne:
      return Type::Bool();
    case Macro::kMap:
      return Type::List(body);
    case Macro::kFilter:
    case Macro::kSortBy:
      return Type::List(locals[0]);
    case Macro::kTransformMap:
      return Type::Map(locals[0], body);
    case Macro::kOptMap:
      return Type::Optional(body);
    case Macro::kTransformMapEntry:
      if (body.is_dyn() || body.kind() == TypeKind::kMap) return body;
      return Wrong(
          NodeAt(body_id).begin,
          absl::StrCat("`", form.name, "` takes a map, not ", body.Name()));
    case Macro::kOptOrValue:
      return Reconcile(locals[0], body).value_or(Type::Dyn());
    case Macro::kOptOr:
      if (body.kind() == TypeKind::kOptional) {
        return Type::Optional(
            Reconcile(locals[0], body.item()).value_or(Type::Dyn()));
      }
      [[fallthrough]];
    case Macro::kOptFlatMap:
      if (body.is_dyn() || body.kind() == TypeKind::kOptional) return body;
      return Wrong(NodeAt(body_id).begin,
                   absl::StrCat("`", form.name, "` takes an optional, not ",
                                body.Name()));
  }
  std::abort();
}

std::optional<Checker::Checked> Checker::CheckCelCall(NodeId id,
                                                      const Node& node,
                                                      absl::string_view name) {
  if (name == "cel.bind") return CheckBind(id, node);
  if (name == "cel.block") return CheckBlock(id, node);
  std::optional<std::string> local;
  if (name == "cel.iterVar" || name == "cel.accuVar") {
    local = LocalNameAt(id);
  } else if (name == "cel.index" && node.children.size() == 2) {
    const auto number = NumberText(NodeAt(node.children[1]));
    if (number.has_value()) local = IndexName(*number);
  } else if (name != "cel.index") {
    return std::nullopt;
  }
  const auto slot = local.has_value() ? FindLocal(*local) : std::nullopt;
  return slot.has_value() ? UseLocal(id, *slot) : MisusedCelCall(id);
}

Checker::Checked Checker::MisusedCelCall(NodeId id) {
  return Unknown(
      id, ErrorCode::kNoSuchOverload,
      absl::StrCat("`cel.", NodeAt(id).name, "` cannot stand like this here"));
}

// cel.bind(name, value, body).
Checker::Checked Checker::CheckBind(NodeId id, const Node& node) {
  if (node.children.size() != 4) return MisusedCelCall(id);
  auto name = LocalNameAt(node.children[1]);
  if (!name.has_value()) return MisusedCelCall(id);
  Instruction instruction;
  instruction.op = Op::kBind;
  instruction.slot = static_cast<int>(locals_.size());
  instruction.children = {node.children[2], node.children[3]};
  PISTIS_ASSIGN_OR_RETURN(Type type, CheckNode(node.children[2]));
  Declare(*std::move(name), std::move(type));
  PISTIS_ASSIGN_OR_RETURN(Type body, CheckNode(node.children[3]));
  locals_.pop_back();
  CodeAt(id) = std::move(instruction);
  return body;
}

// cel.block([value, ...], body): cel.index(n) is value number n.
Checker::Checked Checker::CheckBlock(NodeId id, const Node& node) {
  const bool fits = node.children.size() == 3 &&
                    NodeAt(node.children[1]).kind == NodeKind::kList;
  if (!fits) return MisusedCelCall(id);
  const size_t outside = locals_.size();
  Instruction instruction;
  instruction.op = Op::kBind;
  instruction.slot = static_cast<int>(outside);
  for (const NodeId item : NodeAt(node.children[1]).children) {
    PISTIS_ASSIGN_OR_RETURN(Type type, CheckNode(item));
    Declare(IndexName(absl::StrCat(locals_.size() - outside)), std::move(type));
    instruction.children.push_back(item);
  }
  PISTIS_ASSIGN_OR_RETURN(Type body, CheckNode(node.children[2]));
  instruction.children.push_back(node.children[2]);
  locals_.resize(outside);
  CodeAt(id) = std::move(instruction);
  return body;
}

}  // namespace pistis::expr
