#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/expr/function_table.h"
#include "re2/re2.h"

namespace pistis::expr {
namespace {

// Matching takes at most so many instructions for each byte of text.
constexpr int kMaxPatternBytes = 512;
constexpr int kMaxProgramSize = 2000;
constexpr int64_t kMaxMemory = 1 << 20;
// Steps for making a byte of a pattern ready.
constexpr int64_t kStepsPerPatternByte = 10;

using Pattern = std::shared_ptr<const re2::RE2>;

absl::StatusOr<Pattern> MakePattern(absl::string_view text) {
  if (text.size() > kMaxPatternBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a pattern has at most ", kMaxPatternBytes, " bytes"));
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxMemory);
  auto pattern = std::make_shared<const re2::RE2>(
      re2::StringPiece(text.data(), text.size()), options);
  if (!pattern->ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("this is no pattern: ", pattern->error()));
  }
  if (pattern->ProgramSize() > kMaxProgramSize) {
    return absl::InvalidArgumentError("this pattern is too large");
  }
  return pattern;
}

Value MatchOf(const Pattern& pattern, absl::string_view text) {
  return Value::Bool(re2::RE2::PartialMatch(
      re2::StringPiece(text.data(), text.size()), *pattern));
}

Result Matches(Arguments arguments) {
  const auto pattern = MakePattern(arguments[1].text());
  if (!pattern.ok()) return pattern.status();
  return MatchOf(*pattern, arguments[0].text());
}

int64_t MatchCost(Arguments arguments) {
  return static_cast<int64_t>(arguments[0].text().size());
}

int64_t CompileAndMatchCost(Arguments arguments) {
  return MatchCost(arguments) +
         kStepsPerPatternByte *
             static_cast<int64_t>(arguments[1].text().size());
}

// A pattern that is constant is made ready once.
void PrepareMatches(Function& function) {
  function.cost = CompileAndMatchCost;
  function.specialize = [name = function.name, style = function.style,
                         signature = function.signature](
                            absl::Span<const std::optional<Value>> arguments)
      -> absl::StatusOr<std::shared_ptr<const Function>> {
    if (!arguments[1].has_value()) return nullptr;
    auto pattern = MakePattern(arguments[1]->text());
    if (!pattern.ok()) return pattern.status();
    return std::make_shared<const Function>(Function{
        .name = name,
        .style = style,
        .signature = signature,
        .call = [pattern = *std::move(pattern)](Arguments values) -> Result {
          return MatchOf(pattern, values[0].text());
        },
        .cost = MatchCost});
  };
}

}  // namespace

void AddPatternFunctions(FunctionTable& table) {
  const std::vector<Type> texts = {Type::String(), Type::String()};
  PrepareMatches(table.Global("matches", texts, Type::Bool(), Matches));
  PrepareMatches(table.Method("matches", texts, Type::Bool(), Matches));
}

}  // namespace pistis::expr
