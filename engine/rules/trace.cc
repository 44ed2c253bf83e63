#include "engine/rules/trace.h"

#include <utility>

#include "engine/rules/sale_view.h"
#include "engine/rules/validity.h"

namespace pistis {
namespace {

bool IsInTime(const SaleView& sale, const std::optional<Validity>& valid) {
  return !valid || IsValidAt(*valid, absl::ToCivilMinute(
                                         sale.time, sale.rulebook.time_zone));
}

TracedLines Select(const SaleView& sale, const Condition& lines, Facts& facts) {
  TracedLines traced;
  for (size_t i = 0; i < sale.order.lines.size(); ++i) {
    facts.SetLine(i);
    if (Holds(lines, facts)) traced.selected.push_back(i);
  }
  if (traced.selected.empty()) {
    facts.SetLine(0);
    traced.first_line = ExplainCondition(lines, facts);
  }
  facts.ClearLine();
  return traced;
}

std::vector<TracedLimit> LimitsOf(const SaleView& sale, const Rule& of) {
  std::vector<TracedLimit> limits;
  for (size_t i = 0; i < of.limits.size(); ++i) {
    const LimitScope scope = of.limits[i].scope;
    if (scope == LimitScope::kOrder || !sale.limits) continue;
    // What the rule itself does not come to, an order does not keep.
    if (scope == LimitScope::kMember && sale.member.member_id.empty()) break;
    const absl::StatusOr<LimitUse> used = sale.limits(of, of.limits[i]);
    if (used.ok()) limits.push_back({.limit = i, .used = *used});
  }
  return limits;
}

template <typename Key>
const Turn* Find(const std::map<Key, Turn>& turns, const Key& key) {
  const auto found = turns.find(key);
  return found == turns.end() ? nullptr : &found->second;
}

}  // namespace

void Trace::Begin(const SaleView& sale, size_t rule, const Facts& facts) {
  const Rule& of = sale.rulebook.rules[rule];
  Turn turn{.of = &of, .in_time = IsInTime(sale, of.valid)};
  if (turn.in_time) turn.condition = ExplainCondition(of.when, facts);
  if (rules_.emplace(rule, std::move(turn)).second) order_.push_back(rule);
}

void Trace::SeeLimits(const SaleView& sale, size_t rule) {
  rules_[rule].limits = LimitsOf(sale, sale.rulebook.rules[rule]);
}

void Trace::SeeLimits(const SaleView& sale, const CodeToApply& code) {
  codes_[code.typed].limits = LimitsOf(sale, *code.code_template);
}

void Trace::Begin(const SaleView& sale, const CodeToApply& code, Facts& facts) {
  const Rule& of = *code.code_template;
  Turn turn{.of = &of, .in_time = IsInTime(sale, of.valid)};
  if (turn.in_time) turn.condition = ExplainCondition(of.when, facts);
  turn.discount_lines = Select(sale, of.lines, facts);
  if (codes_.emplace(code.typed, std::move(turn)).second) {
    code_order_.push_back(code.typed);
  }
}

void Trace::SelectForDiscount(const SaleView& sale, size_t rule, Facts& facts) {
  rules_[rule].discount_lines =
      Select(sale, sale.rulebook.rules[rule].lines, facts);
}

void Trace::SelectForEarning(const SaleView& sale, size_t rule, Facts& facts) {
  rules_[rule].earning_lines =
      Select(sale, sale.rulebook.rules[rule].lines, facts);
}

const Turn* Trace::OfRule(size_t rule) const {
  return Find(rules_, rule);
}

const Turn* Trace::OfCode(const std::string& typed) const {
  return Find(codes_, typed);
}

}  // namespace pistis
