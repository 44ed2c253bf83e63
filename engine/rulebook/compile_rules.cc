#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

bool DoesSomething(const v1::Rule& rule) {
  return rule.has_earn() || rule.has_discount() || !rule.issue_code().empty() ||
         !rule.note().empty();
}

// What limits an order's sets goes into the discount that has them.
void LimitSets(Rule& rule) {
  auto* buy =
      rule.discount ? std::get_if<BuyAndGet>(&rule.discount->shape) : nullptr;
  if (buy == nullptr) return;
  for (const Limit& limit : rule.limits) {
    if (limit.scope != LimitScope::kOrder || !limit.times) continue;
    buy->most_sets =
        std::min(*limit.times, buy->most_sets.value_or(*limit.times));
  }
}

Rule CompileRule(const v1::Rule& source, const std::string& path,
                 const CompileContext& context, const References& references) {
  Rule rule;
  rule.id = source.id();
  rule.when = ReadCondition({KeyPath(path, "when"), source.when()},
                            context.vocabulary.when, context.reporter);
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
  if (source.has_priority()) rule.priority = source.priority();
  if (source.has_valid()) {
    rule.valid = CompileValidity(source.valid(), KeyPath(path, "valid"),
                                 context.reporter);
  }
  rule.limits = CompileLimits(source, rule, KeyPath(path, "limits"), context);
  LimitSets(rule);
  if (!DoesSomething(source)) {
    context.reporter.Add(
        path, "does nothing; add earn, discount, issue_code or note");
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
    rules.back().group = group;
  }
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    return std::tie(b.priority, a.id) < std::tie(a.priority, b.id);
  });
  return rules;
}

}  // namespace pistis
