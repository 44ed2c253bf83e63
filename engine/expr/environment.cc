#include "engine/expr/environment.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

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
  if (IsIdentifier(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("`", name, "` cannot be the name of anything"));
}

}  // namespace

absl::StatusOr<Environment> Environment::Create(Declarations declarations) {
  Environment environment;
  for (Variable& variable : declarations.variables) {
    PISTIS_RETURN_IF_ERROR(environment.AddVariable(std::move(variable)));
  }
  for (Function& function : StandardFunctions()) {
    PISTIS_RETURN_IF_ERROR(environment.AddFunction(std::move(function)));
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
  FunctionTable& table =
      function.style == CallStyle::kGlobal ? globals_ : methods_;
  Overloads& overloads = table[function.name];
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

const Environment::FunctionTable& Environment::TableOf(CallStyle style) const {
  return style == CallStyle::kGlobal ? globals_ : methods_;
}

const Environment::Overloads& Environment::Find(absl::string_view name,
                                                CallStyle style) const {
  static const auto& none = *new Overloads();
  const FunctionTable& table = TableOf(style);
  const auto found = table.find(std::string_view(name.data(), name.size()));
  return found == table.end() ? none : found->second;
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
  for (const auto& [name, overloads] : TableOf(style))
    names.push_back(name);
  return names;
}

}  // namespace pistis::expr
