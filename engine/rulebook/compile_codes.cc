#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "engine/base/code_text.h"
#include "engine/base/digest.h"
#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

constexpr int kLeastSymbols = 12;
constexpr int kMostSymbols = 32;
constexpr size_t kMaxPrefixBytes = 8;
constexpr size_t kLeastWordSymbols = 3;
constexpr size_t kMaxWordBytes = 32;
constexpr int kHoursPerDay = 24;
// Where the template states none.
constexpr int kPriority = 500;

bool IsCapitalOrDigit(unsigned char c) {
  return absl::ascii_isupper(c) || absl::ascii_isdigit(c);
}

bool IsPrefix(absl::string_view text) {
  return text.size() <= kMaxPrefixBytes &&
         std::all_of(text.begin(), text.end(), IsCapitalOrDigit);
}

bool IsWord(absl::string_view text) {
  return text.size() <= kMaxWordBytes &&
         NormalizeCode(text).size() >= kLeastWordSymbols &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return IsCapitalOrDigit(c) || c == '-';
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
  code.check = !format.has_check() || format.check();
  return code;
}

// A word is no code that is issued.
void CheckWord(const v1::CodeTemplate& source, const std::string& path,
               Reporter& reporter) {
  if (!IsWord(source.word())) {
    reporter.Add(KeyPath(path, "word"),
                 absl::StrCat(Shown(source.word()), " is not a word; write ",
                              kLeastWordSymbols, " to ", kMaxWordBytes,
                              " of A-Z, 0-9 and -"));
  }
  const std::pair<absl::string_view, bool> stated[] = {
      {"format", source.has_format()},
      {"expires", !source.expires().empty()},
      {"bound_to_member", source.bound_to_member()}};
  for (const auto& [key, is_stated] : stated) {
    if (!is_stated) continue;
    reporter.Add(
        KeyPath(path, key),
        absl::StrCat("is for codes that are issued, and ", Shown(source.word()),
                     " is a word that all may type; remove it, or "
                     "word"));
  }
}

void CompileUses(const v1::CodeTemplate& source, const std::string& path,
                 Reporter& reporter, CodeTemplate& code) {
  code.uses = ReadCount({.path = KeyPath(path, "uses"), .value = source.uses()},
                        code.is_word() ? 0 : 1, reporter);
  const CountField per_member{.path = KeyPath(path, "uses_per_member"),
                              .value = source.uses_per_member()};
  if (per_member.value != 0 || reporter.Stated(per_member.path)) {
    CheckCount(per_member, reporter);
    code.uses_per_member = per_member.value;
  }
  code.keeps_uses =
      ReadChoice<bool>({KeyPath(path, "on_return"), source.on_return()},
                       {{"given_back", false}, {"kept", true}}, reporter)
          .value_or(false);
}

void CompileGifts(const v1::CodeTemplate& source, const std::string& path,
                  const CompileContext& context, CodeTemplate& code) {
  if (source.has_discount()) {
    code.discount =
        CompileDiscount(source.discount(), KeyPath(path, "discount"), context);
    CheckDiscountedLines(source.discount(),
                         {KeyPath(path, "lines"), source.lines()}, context);
  }
  if (source.has_earn()) {
    code.earn = CompileEarn(source.earn(), KeyPath(path, "earn"), context);
  }
  if (!source.has_discount() && !source.has_earn()) {
    context.reporter.Add(path,
                         "gives nothing; add discount: {percent: \"10%\"} or "
                         "{amount: \"5.00\"}, or earn: {points: 100}");
  }
}

CodeTemplate CompileCode(const v1::CodeTemplate& source,
                         const std::string& path, const CompileContext& context,
                         const References& references) {
  CodeTemplate code;
  code.is_code = true;
  code.id = source.id();
  code.word = source.word();
  code.priority = source.has_priority() ? source.priority() : kPriority;
  CompileGifts(source, path, context, code);
  code.when = ReadCondition({KeyPath(path, "when"), source.when()},
                            context.vocabulary.when, context.reporter);
  code.lines = ReadCondition({KeyPath(path, "lines"), source.lines()},
                             context.vocabulary.lines, context.reporter);
  CompileUses(source, path, context.reporter, code);
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
  if (code.is_word()) {
    CheckWord(source, path, context.reporter);
    return code;
  }
  return CompileFormat(source.format(), KeyPath(path, "format"), context,
                       std::move(code));
}

// True where a code of the template may read like the word.
bool MayIssue(const CodeTemplate& of, absl::string_view word) {
  const std::string prefix = NormalizeCode(of.prefix);
  const size_t symbols = static_cast<size_t>(of.symbols) + (of.check ? 1 : 0);
  return word.size() == prefix.size() + symbols &&
         absl::StartsWith(word, prefix) &&
         word.find_first_not_of(kCodeSymbols, prefix.size()) ==
             absl::string_view::npos;
}

// Whoever types a word means one thing.
void CheckWordsApart(const std::vector<CodeTemplate>& codes,
                     Reporter& reporter) {
  std::map<std::string, const CodeTemplate*> words;
  for (size_t i = 0; i < codes.size(); ++i) {
    if (!codes[i].is_word()) continue;
    const std::string path = KeyPath(EntryPath("codes", i), "word");
    const std::string word = NormalizeCode(codes[i].word);
    const auto [known, is_new] = words.emplace(word, &codes[i]);
    if (!is_new) {
      reporter.Add(
          path,
          absl::StrCat("reads like the word of code ", Shown(known->second->id),
                       ": case and dashes do not matter, O is read as "
                       "0, I and L as 1; write another word"));
    }
    for (const CodeTemplate& issued : codes) {
      if (issued.is_word() || !MayIssue(issued, word)) continue;
      reporter.Add(path,
                   absl::StrCat("may read like a code that is issued of ",
                                Shown(issued.id), "; write another word"));
      break;
    }
  }
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
  CheckWordsApart(codes, context.reporter);
  return codes;
}

}  // namespace pistis
