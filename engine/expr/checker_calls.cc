// The checker's part for calls of functions and methods.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/expr/checking.h"
#include "engine/expr/error.h"

namespace pistis::expr {
namespace {

// Whether an overload is there for what the others do not take.
bool TakesTheRest(const Function& overload) {
  const std::vector<Type>& parameters = overload.signature.parameters;
  return !parameters.empty() && parameters[0].is_dyn();
}

bool AnyDyn(const std::vector<Type>& types) {
  return std::any_of(types.begin(), types.end(),
                     [](const Type& type) { return type.is_dyn(); });
}

}  // namespace

Checker::Checked Checker::CheckMethodCall(NodeId id, const Node& node) {
  const auto form = MacroFormOf(node);
  const auto holder = QualifiedName(node.children[0]);
  if (holder.has_value()) {
    const std::string name = absl::StrCat(*holder, ".", node.name);
    auto cel = CheckCelCall(id, node, name);
    if (cel.has_value()) return *std::move(cel);
    const auto arguments = absl::MakeConstSpan(node.children).subspan(1);
    if (!environment_.Find(name, CallStyle::kGlobal).empty()) {
      return CheckCall(id, name, CallStyle::kGlobal, arguments);
    }
    const bool misspelt = !form.has_value() &&
                          environment_.HasNamespace(*holder) &&
                          !environment_.Resolve(*holder).has_value();
    if (misspelt) return UnknownFunction(id, name, CallStyle::kGlobal);
  }
  if (form.has_value()) return CheckMacro(id, node, *form);
  return CheckCall(id, node.name, CallStyle::kMethod, node.children);
}

Checker::Checked Checker::CheckCall(NodeId id, const std::string& name,
                                    CallStyle style,
                                    absl::Span<const NodeId> arguments) {
  const Environment::Overloads& known = environment_.Find(name, style);
  if (known.empty()) return UnknownFunction(id, name, style);
  PISTIS_ASSIGN_OR_RETURN(const std::vector<Type> types,
                          CheckChildren(id, arguments, Op::kCall));
  std::optional<Type> result;
  for (const auto& overload : known) {
    const auto taken = ResultFor(overload->signature, types);
    const bool settled =
        result.has_value() && TakesTheRest(*overload) && !AnyDyn(types);
    if (!taken.has_value() || settled) continue;
    CodeAt(id).overloads.push_back(overload);
    result = Either(result, taken);
  }
  if (result.has_value()) {
    PISTIS_RETURN_IF_ERROR(Specialize(id));
    return *result;
  }
  const std::string taken = types.empty() ? "no arguments" : TypeNames(types);
  return Wrong(NodeAt(id).offset,
               absl::StrCat("`", name, "` does not take ", taken));
}

Checker::Checked Checker::UnknownFunction(NodeId id, const std::string& name,
                                          CallStyle style) {
  std::vector<std::string> known = environment_.FunctionNames(style);
  const bool method = style == CallStyle::kMethod;
  if (method) {
    for (std::string& macro : MacroNames())
      known.push_back(std::move(macro));
  }
  return Unknown(id, ErrorCode::kNoSuchFunction,
                 absl::StrCat("no ", method ? "method" : "function", " `", name,
                              "`", Suggestion(name, known)));
}

absl::Status Checker::Specialize(NodeId id) {
  Instruction& code = CodeAt(id);
  const bool single = code.overloads.size() == 1;
  if (!single || !code.overloads[0]->specialize) return absl::OkStatus();
  // One of another kind, behind a dyn, fails when it is run, as any other
  // would.
  const Signature& signature = code.overloads[0]->signature;
  std::vector<std::optional<Value>> constants;
  for (const NodeId child : code.children) {
    const bool known = IsConstant(child) &&
                       AcceptsKind(signature.ParameterAt(constants.size()),
                                   CodeAt(child).constant.kind());
    constants.push_back(known ? std::optional<Value>(CodeAt(child).constant)
                              : std::nullopt);
  }
  auto special = code.overloads[0]->specialize(constants);
  if (special.ok()) {
    if (*special != nullptr) code.overloads[0] = *std::move(special);
    return absl::OkStatus();
  }
  return Wrong(NodeAt(code.children.back()).begin,
               std::string(special.status().message()))
      .status();
}

}  // namespace pistis::expr
