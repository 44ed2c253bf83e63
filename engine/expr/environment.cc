#include "engine/expr/environment.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "engine/base/status_macros.h"
#include "engine/expr/lexer.h"
#include "engine/expr/standard_functions.h"

namespace pistis::expr {
namespace {

bool IsIdentifier(absl::string_view name) {
  const auto tokens = Tokenize(name);
  return tokens.ok() && tokens->size() == 2 &&
         tokens->front().kind == TokenKind::kIdentifier &&
         tokens->front().text == name && !IsReservedWord(name);
}

absl::Status CheckName(absl::string_view name) {
  for (const absl::string_view part : absl::StrSplit(name, '.')) {
    if (!IsIdentifier(part)) {
      return absl::InvalidArgumentError(
          absl::StrCat("`", name, "` cannot be the name of anything"));
    }
  }
  return absl::OkStatus();
}

// The overloads of `name` in `table`, or null.
template <typename Table>
auto FindIn(const Table& table, const std::string& name)
    -> decltype(&table.begin()->second) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace

absl::StatusOr<Environment> Environment::Create(Declarations declarations) {
  Environment environment;
  if (!declarations.container.empty()) {
    PISTIS_RETURN_IF_ERROR(CheckName(declarations.container));
  }
  environment.container_ = std::move(declarations.container);
  for (Variable& variable : declarations.variables) {
    PISTIS_RETURN_IF_ERROR(environment.AddVariable(std::move(variable)));
  }
  for (Function& function : declarations.functions) {
    PISTIS_RETURN_IF_ERROR(environment.AddFunction(std::move(function)));
  }
  return environment;
}

absl::Status Environment::AddVariable(Variable variable) {
  PISTIS_RETURN_IF_ERROR(CheckName(variable.name));
  if (SlotOf(variable.name).has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the variable `", variable.name, "` is declared twice"));
  }
  variables_.push_back(std::move(variable));
  return absl::OkStatus();
}

absl::Status Environment::AddFunction(Function function) {
  PISTIS_RETURN_IF_ERROR(CheckName(function.name));
  if (!function.call) {
    return absl::InvalidArgumentError(
        absl::StrCat("the function `", function.name, "` has no body"));
  }
  if (function.style == CallStyle::kMethod &&
      function.signature.parameters.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the method `", function.name, "` has no receiver"));
  }
  FunctionTable& table = function.style == CallStyle::kGlobal
                             ? functions_.globals
                             : functions_.methods;
  const Overloads& known =
      Find(absl::StrCat(".", function.name), function.style);
  Overloads& overloads = table.try_emplace(function.name, known).first->second;
  for (const auto& overload : overloads) {
    if (overload->signature.parameters == function.signature.parameters) {
      return absl::InvalidArgumentError(
          absl::StrCat("the function `", function.name, "` is declared twice"));
    }
  }
  overloads.push_back(std::make_shared<const Function>(std::move(function)));
  return absl::OkStatus();
}

std::optional<int> Environment::SlotOf(absl::string_view variable) const {
  for (size_t slot = 0; slot < variables_.size(); ++slot) {
    if (variables_[slot].name == variable) return static_cast<int>(slot);
  }
  return std::nullopt;
}

const Environment::Functions& Environment::Standard() {
  static const auto& standard = *[] {
    auto* functions = new Functions();
    for (Function& function : StandardFunctions()) {
      FunctionTable& table = function.style == CallStyle::kGlobal
                                 ? functions->globals
                                 : functions->methods;
      table[function.name].push_back(
          std::make_shared<const Function>(std::move(function)));
    }
    return functions;
  }();
  return standard;
}

std::vector<std::string> Environment::Candidates(absl::string_view name) const {
  if (absl::ConsumePrefix(&name, ".")) return {std::string(name)};
  std::vector<std::string> candidates;
  absl::string_view container = container_;
  while (!container.empty()) {
    candidates.push_back(absl::StrCat(container, ".", name));
    const size_t dot = container.rfind('.');
    container = container.substr(0, dot == absl::string_view::npos ? 0 : dot);
  }
  candidates.emplace_back(name);
  return candidates;
}

std::optional<int> Environment::Resolve(absl::string_view name) const {
  for (const std::string& candidate : Candidates(name)) {
    if (const auto slot = SlotOf(candidate); slot.has_value()) return slot;
  }
  return std::nullopt;
}

const Environment::Overloads& Environment::Find(absl::string_view name,
                                                CallStyle style) const {
  static const auto& none = *new Overloads();
  for (const std::string& candidate : Candidates(name)) {
    for (const Functions* functions : {&functions_, &Standard()}) {
      const auto* found = FindIn(functions->Of(style), candidate);
      if (found != nullptr) return *found;
    }
  }
  return none;
}

std::vector<std::string> Environment::VariableNames() const {
  std::vector<std::string> names;
  names.reserve(variables_.size());
  for (const Variable& variable : variables_)
    names.push_back(variable.name);
  return names;
}

std::vector<std::string> Environment::FunctionNames(CallStyle style) const {
  std::vector<std::string> names;
  for (const Functions* functions : {&functions_, &Standard()}) {
    for (const auto& [name, overloads] : functions->Of(style))
      names.push_back(name);
  }
  return names;
}

bool Environment::HasNamespace(absl::string_view name) const {
  const std::string prefix = absl::StrCat(name, ".");
  const std::vector<std::string> names = FunctionNames(CallStyle::kGlobal);
  return std::any_of(names.begin(), names.end(),
                     [&prefix](const std::string& function) {
                       return absl::StartsWith(function, prefix);
                     });
}

}  // namespace pistis::expr
