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

// While it lives, what is decided by the facts is charged to somebody else.
class ChargedTo {
 public:
  ChargedTo(Facts& facts, StepMeter* steps)
      : facts_(facts), before_(facts.ChargeTo(steps)) {}
  ChargedTo(const ChargedTo&) = delete;
  ChargedTo& operator=(const ChargedTo&) = delete;
  ~ChargedTo() { facts_.ChargeTo(before_); }

 private:
  Facts& facts_;
  StepMeter* const before_;
};

Turn TurnOf(const SaleView& sale, const Rule& of, const Facts& facts) {
  Turn turn{.of = &of, .in_time = IsInTime(sale, of.valid)};
  if (turn.in_time) turn.condition = ExplainCondition(of.when, facts);
  return turn;
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

void Trace::Begin(const SaleView& sale, size_t rule, Facts& facts) {
  const ChargedTo nobody(facts, nullptr);
  Turn turn = TurnOf(sale, sale.rulebook.rules[rule], facts);
  if (rules_.emplace(rule, std::move(turn)).second) order_.push_back(rule);
}

void Trace::SeeLimits(const SaleView& sale, size_t rule) {
  rules_[rule].limits = LimitsOf(sale, sale.rulebook.rules[rule]);
}

void Trace::SeeLimits(const SaleView& sale, const CodeToApply& code) {
  codes_[code.typed].limits = LimitsOf(sale, *code.code_template);
}

void Trace::Begin(const SaleView& sale, const CodeToApply& code, Facts& facts) {
  const ChargedTo nobody(facts, nullptr);
  Turn turn = TurnOf(sale, *code.code_template, facts);
  turn.discount_lines = Select(sale, code.code_template->lines, facts);
  if (codes_.emplace(code.typed, std::move(turn)).second) {
    code_order_.push_back(code.typed);
  }
}

void Trace::SelectForDiscount(const SaleView& sale, size_t rule, Facts& facts) {
  const ChargedTo nobody(facts, nullptr);
  rules_[rule].discount_lines =
      Select(sale, sale.rulebook.rules[rule].lines, facts);
}

void Trace::SelectForEarning(const SaleView& sale, size_t rule, Facts& facts) {
  const ChargedTo nobody(facts, nullptr);
  rules_[rule].earning_lines =
      Select(sale, sale.rulebook.rules[rule].lines, facts);
}

void Trace::PassOver(const SaleView& sale, size_t rule, Facts& facts) {
  const ChargedTo others(facts, &others_);
  const Rule& of = sale.rulebook.rules[rule];
  Turn turn = TurnOf(sale, of, facts);
  if (turn.in_time && turn.condition.holds) {
    (of.discount ? turn.discount_lines : turn.earning_lines) =
        Select(sale, of.lines, facts);
  }
  if (others_.is_spent()) {
    unknown_.insert(rule);
  } else if (rules_.emplace(rule, std::move(turn)).second) {
    order_.push_back(rule);
  }
}

const Turn* Trace::OfRule(size_t rule) const {
  return Find(rules_, rule);
}

const Turn* Trace::OfCode(const std::string& typed) const {
  return Find(codes_, typed);
}

}  // namespace pistis
