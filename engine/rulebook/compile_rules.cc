#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

bool DoesSomething(const v1::Rule& rule) {
  return rule.has_earn() || rule.has_discount() || !rule.issue_code().empty() ||
         !rule.note().empty() || rule.has_tier_points() ||
         !rule.segment().empty();
}

std::optional<EarnShape> CompileTierPoints(const v1::Rule& source,
                                           const std::string& path,
                                           const CompileContext& context) {
  if (!source.has_tier_points()) return std::nullopt;
  const std::string inner = KeyPath(path, "tier_points");
  if (!source.tier_points().multiply().empty()) {
    context.reporter.Add(KeyPath(inner, "multiply"),
                         "is for earn alone; write points, with per or "
                         "per_unit, or steps");
    return std::nullopt;
  }
  return CompileEarn(source.tier_points(), inner, context);
}

// Who is in a segment with a condition is for the condition to say.
std::optional<size_t> FindSegment(const TextField& field,
                                  const References& references,
                                  Reporter& reporter) {
  const auto index = references.segments.Find(field, "segment", reporter);
  if (index && references.has_condition[*index]) {
    reporter.Add(field.path,
                 absl::StrCat("segment ", Shown(field.text),
                              " has a condition, which alone says who is in "
                              "it; name one without when:"));
  }
  return index;
}

Rule CompileRule(const v1::Rule& source, const std::string& path,
                 const CompileContext& context, const References& references) {
  Rule rule;
  rule.id = source.id();
  rule = CompileTrigger(source, path, context, std::move(rule));
  rule.lines = ReadCondition({KeyPath(path, "lines"), source.lines()},
                             context.vocabulary.lines, context.reporter);
  if (source.has_earn()) {
    rule.earn = CompileEarn(source.earn(), KeyPath(path, "earn"), context);
  }
  if (source.has_discount()) {
    rule.discount =
        CompileDiscount(source.discount(), KeyPath(path, "discount"), context);
    CheckDiscountedLines(source.discount(),
                         {KeyPath(path, "lines"), source.lines()}, context);
  }
  rule.issue_code =
      references.codes.Find({KeyPath(path, "issue_code"), source.issue_code()},
                            "code", context.reporter);
  rule.note = references.notes.Find({KeyPath(path, "note"), source.note()},
                                    "note", context.reporter);
  rule.tier_points = CompileTierPoints(source, path, context);
  rule.segment = FindSegment({KeyPath(path, "segment"), source.segment()},
                             references, context.reporter);
  if (source.has_priority()) rule.priority = source.priority();
  if (source.has_valid()) {
    rule.valid = CompileValidity(source.valid(), KeyPath(path, "valid"),
                                 context.reporter);
  }
  rule.limits =
      CompileLimits(source.limits(), rule, KeyPath(path, "limits"), context);
  LimitSets(rule);
  rule.budget = FindBudget({KeyPath(path, "budget"), source.budget()}, rule,
                           references, context.reporter);
  if (!DoesSomething(source)) {
    context.reporter.Add(
        path,
        "does nothing; add earn, discount, issue_code, note, tier_points or "
        "segment");
  }
  const bool lacks_code = rule.note.has_value() &&
                          references.note_shows_code[*rule.note] &&
                          source.issue_code().empty();
  if (lacks_code) {
    context.reporter.Add(KeyPath(path, "note"),
                         absl::StrCat("the text of note ", Shown(source.note()),
                                      " holds {{code}}, but the rule issues no "
                                      "code; add issue_code or take {{code}} "
                                      "out of the text"));
  }
  return rule;
}

}  // namespace

std::vector<Rule> CompileRules(
    const v1::Rulebook& rulebook, const CompileContext& context,
    const References& references,
    const std::vector<std::optional<size_t>>& groups) {
  IdIndex ids;
  std::vector<Rule> rules;
  rules.reserve(static_cast<size_t>(rulebook.rules_size()));
  for (const v1::Rule& source : rulebook.rules()) {
    const std::string path = EntryPath("rules", rules.size());
    ids.Add({KeyPath(path, "id"), source.id()}, rules.size(), context.reporter);
    const std::optional<size_t> group = groups[rules.size()];
    rules.push_back(CompileRule(source, path, context, references));
    const std::optional<size_t> code = rules.back().issue_code;
    if (code && !rulebook.codes(static_cast<int>(*code)).word().empty()) {
      context.reporter.Add(
          KeyPath(path, "issue_code"),
          absl::StrCat("code ", Shown(source.issue_code()),
                       " is a word that everybody knows; name one that is "
                       "issued"));
    }
    rules.back().group = group;
  }
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    return std::tie(b.priority, a.id) < std::tie(a.priority, b.id);
  });
  return rules;
}

}  // namespace pistis
