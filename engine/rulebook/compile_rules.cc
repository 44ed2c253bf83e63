#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

#include "engine/rulebook/compile_parts.h"

namespace pistis {
namespace {

std::optional<DiscountShape> CompilePercent(const v1::Discount& discount,
                                            const std::string& path,
                                            const CompileContext& context) {
  PercentOff shape;
  const std::optional<Rate> percent =
      ReadRate({KeyPath(path, "percent"), discount.percent()},
               RateMeaning::kDiscount, context.reporter);
  if (!discount.max().empty()) {
    shape.max = ReadMoney({KeyPath(path, "max"), discount.max()},
                          context.currency, context.reporter);
  }
  if (!percent.has_value()) return std::nullopt;
  shape.percent = *percent;
  return shape;
}

std::optional<DiscountShape> CompileAmount(const v1::Discount& discount,
                                           const std::string& path,
                                           const CompileContext& context) {
  if (!discount.max().empty()) {
    context.reporter.Add(KeyPath(path, "max"),
                         "limits a percentage only; remove it, or give percent "
                         "instead of amount");
  }
  const std::optional<Money> amount =
      ReadMoney({KeyPath(path, "amount"), discount.amount()}, context.currency,
                context.reporter);
  if (!amount.has_value()) return std::nullopt;
  return AmountOff{*amount};
}

std::optional<EarnShape> CompileEarn(const v1::Earn& earn,
                                     const std::string& path,
                                     const CompileContext& context) {
  EarnShape shape;
  const bool counted =
      CheckCount({.path = KeyPath(path, "points"), .value = earn.points()},
                 context.reporter);
  if (!earn.per().empty()) {
    shape.per = ReadMoney({KeyPath(path, "per"), earn.per()}, context.currency,
                          context.reporter);
  }
  if (!counted) return std::nullopt;
  shape.points = Points(earn.points());
  return shape;
}

bool DoesSomething(const v1::Rule& rule) {
  return rule.has_earn() || rule.has_discount() || !rule.issue_code().empty() ||
         !rule.note().empty();
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
  }
  rule.issue_code =
      references.codes.Find({KeyPath(path, "issue_code"), source.issue_code()},
                            "code", context.reporter);
  rule.note = references.notes.Find({KeyPath(path, "note"), source.note()},
                                    "note", context.reporter);
  if (source.has_priority()) rule.priority = source.priority();
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

std::optional<DiscountShape> CompileDiscount(const v1::Discount& discount,
                                             const std::string& path,
                                             const CompileContext& context) {
  if (discount.percent().empty() == discount.amount().empty()) {
    context.reporter.Add(path,
                         "takes exactly one of percent: \"5%\" and amount: "
                         "\"5.00\"");
    return std::nullopt;
  }
  return discount.amount().empty() ? CompilePercent(discount, path, context)
                                   : CompileAmount(discount, path, context);
}

std::vector<Rule> CompileRules(const v1::Rulebook& rulebook,
                               const CompileContext& context,
                               const References& references) {
  IdIndex ids;
  std::vector<Rule> rules;
  rules.reserve(static_cast<size_t>(rulebook.rules_size()));
  for (const v1::Rule& source : rulebook.rules()) {
    const std::string path = EntryPath("rules", rules.size());
    ids.Add({KeyPath(path, "id"), source.id()}, rules.size(), context.reporter);
    rules.push_back(CompileRule(source, path, context, references));
  }
  std::sort(rules.begin(), rules.end(), [](const Rule& a, const Rule& b) {
    return std::tie(b.priority, a.id) < std::tie(a.priority, b.id);
  });
  return rules;
}

}  // namespace pistis
