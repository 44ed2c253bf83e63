#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kLeastSymbols = 12;
constexpr int kMostSymbols = 32;
constexpr size_t kMaxPrefixBytes = 8;
constexpr int kHoursPerDay = 24;
// Where the template states none.
constexpr int kPriority = 500;

bool IsPrefix(absl::string_view text) {
  return text.size() <= kMaxPrefixBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c);
         });
}

CodeTemplate CompileFormat(const v1::CodeFormat& format,
                           const std::string& path,
                           const CompileContext& context, CodeTemplate code) {
  code.prefix = format.prefix();
  if (!IsPrefix(format.prefix())) {
    context.reporter.Add(
        KeyPath(path, "prefix"),
        absl::StrCat(Shown(format.prefix()), " is not a prefix; write at most ",
                     kMaxPrefixBytes, " of A-Z and 0-9"));
  }
  code.symbols = static_cast<int>(ReadCount({.path = KeyPath(path, "symbols"),
                                             .value = format.symbols(),
                                             .least = kLeastSymbols,
                                             .most = kMostSymbols},
                                            kLeastSymbols, context.reporter));
  return code;
}

CodeTemplate CompileCode(const v1::CodeTemplate& source,
                         const std::string& path, const CompileContext& context,
                         const References& references) {
  CodeTemplate code;
  code.is_code = true;
  code.id = source.id();
  code.priority = source.has_priority() ? source.priority() : kPriority;
  if (source.has_discount()) {
    code.discount =
        CompileDiscount(source.discount(), KeyPath(path, "discount"), context);
    CheckDiscountedLines(source.discount(),
                         {KeyPath(path, "lines"), source.lines()}, context);
  } else {
    context.reporter.Add(path,
                         "gives nothing; add discount: {percent: \"10%\"} or "
                         "{amount: \"5.00\"}");
  }
  code.when = ReadCondition({KeyPath(path, "when"), source.when()},
                            context.vocabulary.when, context.reporter);
  code.lines = ReadCondition({KeyPath(path, "lines"), source.lines()},
                             context.vocabulary.lines, context.reporter);
  code.uses = ReadCount({.path = KeyPath(path, "uses"), .value = source.uses()},
                        1, context.reporter);
  code.bound_to_member = source.bound_to_member();
  if (!source.expires().empty()) {
    const std::optional<int> days = ReadDays(
        {KeyPath(path, "expires"), source.expires()}, context.reporter);
    if (days.has_value()) code.lifetime = absl::Hours(kHoursPerDay * *days);
  }
  if (source.has_valid()) {
    code.valid = CompileValidity(source.valid(), KeyPath(path, "valid"),
                                 context.reporter);
  }
  code.limits =
      CompileLimits(source.limits(), code, KeyPath(path, "limits"), context);
  LimitSets(code);
  code.budget = FindBudget({KeyPath(path, "budget"), source.budget()}, code,
                           references, context.reporter);
  return CompileFormat(source.format(), KeyPath(path, "format"), context,
                       std::move(code));
}

}  // namespace

std::vector<CodeTemplate> CompileCodes(
    const v1::Rulebook& rulebook, const CompileContext& context,
    References& references, const std::vector<std::optional<size_t>>& groups) {
  std::vector<CodeTemplate> codes;
  codes.reserve(static_cast<size_t>(rulebook.codes_size()));
  for (const v1::CodeTemplate& source : rulebook.codes()) {
    const std::string path = EntryPath("codes", codes.size());
    references.codes.Add({KeyPath(path, "id"), source.id()}, codes.size(),
                         context.reporter);
    const std::optional<size_t> group = groups[codes.size()];
    codes.push_back(CompileCode(source, path, context, references));
    codes.back().group = group;
  }
  return codes;
}

}  // namespace pistis
