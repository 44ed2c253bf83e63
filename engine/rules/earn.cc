#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/base/rate.h"
#include "engine/base/status_macros.h"
#include "engine/rules/benefits.h"
#include "engine/rules/limits.h"
#include "engine/rules/validity.h"

namespace pistis {
namespace {

// What points are earned on of one line.
Money EarningBasis(const Rulebook& rulebook, const OrderLine& line,
                   const LinePayment& payment) {
  const Money priced = rulebook.earn_after_discounts
                           ? line.amount - payment.discount
                           : line.amount;
  const Money base = priced - payment.redeemed;
  if (line.tax.is_zero()) return base;
  if (rulebook.earn_on_tax == rulebook.prices_include_tax) return base;
  const auto tax_of = [&](Money part) {
    return line.amount.is_zero()
               ? line.tax
               : Money(MulDivHalfUp(line.tax.value(), part.value(),
                                    line.amount.value()));
  };
  // Points pay for a part of the price, not of the tax on top of it.
  return rulebook.earn_on_tax ? base + tax_of(priced) : base - tax_of(base);
}

// Each multiple works out all points once more, while other sales wait.
constexpr int kMaxMultiples = 100;

bool Multiplies(const Rule& rule) {
  return rule.earn && std::holds_alternative<EarnMultiply>(*rule.earn);
}

// True where the rule does more than give a discount and points.
bool HasEffect(const Rule& rule) {
  return rule.issue_code || rule.note || rule.tier_points || rule.segment;
}

// The earning side of one order.
class Earning {
 public:
  Earning(const SaleView& sale, absl::Span<const LinePayment> payments)
      : sale_(sale), facts_(sale.order, sale.member, sale.time, sale.steps) {
    const std::vector<OrderLine>& lines = sale.order.lines;
    std::vector<Money> remaining;
    for (size_t i = 0; i < lines.size(); ++i) {
      remaining.push_back(lines[i].amount - payments[i].discount -
                          payments[i].redeemed);
      basis_.push_back(EarningBasis(sale.rulebook, lines[i], payments[i]));
    }
    facts_.SetRemaining(remaining);
    earned_.earning.resize(lines.size());
  }

  [[nodiscard]] Facts& facts() { return facts_; }

  // The rule selects `lines`; false where that is none.
  bool Apply(const Rule& rule, std::vector<size_t> lines,
             const LimitRoom& room) {
    facts_.Spend(kStepsALine * static_cast<int64_t>(basis_.size()));
    if (lines.empty()) return false;
    if (rule.issue_code) AddOnce(*rule.issue_code, earned_.codes_to_issue);
    if (rule.note) AddOnce(*rule.note, earned_.notes_to_send);
    if (rule.note && rule.issue_code) {
      earned_.note_codes.emplace(*rule.note, *rule.issue_code);
    }
    if (rule.segment) AddOnce(*rule.segment, earned_.segments_to_join);
    if (rule.tier_points) {
      tier_rules_.push_back(
          {.rule_id = rule.id, .shape = &*rule.tier_points, .lines = lines});
    }
    if (!rule.earn) return true;
    if (!Multiplies(rule)) {
      for (const size_t line : lines)
        earned_.earning[line] = basis_[line];
    }
    rules_.push_back({.rule_id = HolderOf(rule),
                      .shape = &*rule.earn,
                      .lines = std::move(lines),
                      .most = room.points});
    return true;
  }

  absl::StatusOr<Earned> Take() && {
    const EarningBases bases{.lines = sale_.order.lines,
                             .basis = basis_,
                             .rounding = sale_.rulebook.points_rounding};
    PISTIS_ASSIGN_OR_RETURN(PointsSum sum, SumPoints(rules_, bases));
    earned_.by_rule = std::move(sum.by_rule);
    earned_.points = sum.points;
    earned_.line_points = std::move(sum.line_points);
    if (!tier_rules_.empty()) {
      PISTIS_ASSIGN_OR_RETURN(sum, SumPoints(tier_rules_, bases));
      earned_.tier_points = sum.points;
    }
    return std::move(earned_);
  }

  std::vector<size_t> Select(const Condition& lines) {
    std::vector<size_t> selected;
    for (size_t i = 0; i < basis_.size(); ++i) {
      facts_.SetLine(i);
      if (Holds(lines, facts_)) selected.push_back(i);
    }
    facts_.ClearLine();
    return selected;
  }

 private:
  const SaleView& sale_;
  Facts facts_;
  std::vector<Money> basis_;
  std::vector<EarningRule> rules_;
  std::vector<EarningRule> tier_rules_;
  Earned earned_;
};

// Rules and codes by priority (high first), then id; codes first where that is
// the same.
std::vector<size_t> TurnsOf(const Admission& admission) {
  std::vector<size_t> turns;
  for (size_t code = 0; code < admission.codes().size(); ++code) {
    const size_t number = admission.NumberOf(code);
    if (admission.Of(number).earn) turns.push_back(number);
  }
  const auto is_before = [&](size_t a, size_t b) {
    const Rule& left = admission.Of(a);
    const Rule& right = admission.Of(b);
    return std::tie(right.priority, left.id) <
           std::tie(left.priority, right.id);
  };
  const std::vector<size_t>& rules = admission.turns();
  if (turns.empty()) return rules;
  std::vector<size_t> merged;
  std::merge(turns.begin(), turns.end(), rules.begin(), rules.end(),
             std::back_inserter(merged), is_before);
  return merged;
}

// The second half of the work on one order.
class Second {
 public:
  Second(const SaleView& sale, absl::Span<const LinePayment> payments,
         Admission& admission)
      : sale_(sale),
        payments_(payments),
        admission_(admission),
        earning_(sale, payments) {}

  absl::StatusOr<Earned> Run() && {
    for (const size_t i : TurnsOf(admission_)) {
      PISTIS_ASSIGN_OR_RETURN(const bool acts, Acts(i));
      if (acts) GiveBy(i);
    }
    PISTIS_ASSIGN_OR_RETURN(Earned earned, std::move(earning_).Take());
    earned.earning_codes = std::move(earning_codes_);
    earned.limited = std::move(limited_);
    earned.budgeted = std::move(budgeted_);
    earned.withheld = admission_.withheld();
    return earned;
  }

 private:
  [[nodiscard]] bool is_anonymous() const {
    return sale_.member.member_id.empty();
  }

  // Rules with a discount, and codes, were admitted before that came off.
  absl::StatusOr<bool> Acts(size_t i) {
    const Rule& rule = admission_.Of(i);
    bool acts = admission_.admitted(i);
    if (rule.is_code) {
      acts = acts && !is_anonymous() && templates_.insert(rule.id).second;
    } else if (!is_anonymous() && !rule.discount) {
      PISTIS_ASSIGN_OR_RETURN(
          acts, admission_.Admit(i, earning_.facts(),
                                 [&](size_t of, const LimitRoom& room) {
                                   return WorthOf(of, room);
                                 }));
    }
    if (!acts || !Multiplies(rule) || ++multiples_ <= kMaxMultiples) {
      return acts;
    }
    admission_.Withhold(i, Withheld::kTooManyMultiples);
    return false;
  }

  absl::StatusOr<RuleWorth> WorthOf(size_t rule, const LimitRoom& room) const {
    PISTIS_ASSIGN_OR_RETURN(
        const Points points,
        EstimatePoints(sale_, payments_, admission_.Of(rule), room,
                       admission_.candidates()));
    return WorthOfBenefits(sale_.rulebook, Money(), points);
  }

  void GiveBy(size_t i) {
    const Rule& rule = admission_.Of(i);
    const bool gives_more = rule.earn || HasEffect(rule);
    const bool selects_lines =
        gives_more && !is_anonymous() && EarnBy(i, LinesOf(i));
    if (rule.is_code) {
      if (!selects_lines) return;
      const size_t code = i - admission_.NumberOf(0);
      earning_codes_.push_back(admission_.codes()[code].typed);
    } else if (!rule.limits.empty()) {
      limited_.push_back(
          {.rule = i, .has_effect = selects_lines && HasEffect(rule)});
    }
  }

  std::vector<size_t> LinesOf(size_t i) {
    const Rule& rule = admission_.Of(i);
    if (sale_.trace != nullptr && !rule.is_code) {
      sale_.trace->SelectForEarning(sale_, i, earning_.facts());
    }
    return rule.discount || rule.is_code ? earning_.Select(rule.lines)
                                         : admission_.lines();
  }

  // True where it selects lines.
  bool EarnBy(size_t i, std::vector<size_t> lines) {
    const Rule& rule = admission_.Of(i);
    std::vector<BudgetSum> budgets = admission_.BudgetsOf(i);
    if (!budgets.empty() && !lines.empty()) {
      budgeted_.push_back({.rule_id = HolderOf(rule),
                           .has_effect = HasEffect(rule),
                           .issues_code = rule.issue_code.has_value(),
                           .lines = lines,
                           .budgets = std::move(budgets)});
    }
    const bool selects_lines =
        earning_.Apply(rule, std::move(lines), admission_.room(i));
    if (selects_lines && !rule.discount) admission_.Take(i);
    return selects_lines;
  }

  const SaleView& sale_;
  const absl::Span<const LinePayment> payments_;
  Admission& admission_;
  Earning earning_;
  int multiples_ = 0;
  // Code templates whose points are earned.
  std::set<std::string> templates_;
  std::vector<std::string> earning_codes_;
  std::vector<LimitedRule> limited_;
  std::vector<BudgetedRuleGift> budgeted_;
};

}  // namespace

void AddOnce(size_t index, std::vector<size_t>& indices) {
  if (std::find(indices.begin(), indices.end(), index) == indices.end()) {
    indices.push_back(index);
  }
}

absl::StatusOr<Earned> EarnBenefits(const SaleView& sale,
                                    absl::Span<const LinePayment> payments,
                                    Admission admission) {
  return Second(sale, payments, admission).Run();
}

RuleWorth WorthOfBenefits(const Rulebook& rulebook, Money discount,
                          Points points) {
  if (!rulebook.points.value) return {.money = discount, .points = points};
  const Money worth = rulebook.points.value->WorthOf(
      points, rulebook.currency.minor_per_major());
  return {.money = discount + worth, .points = {}};
}

absl::StatusOr<Points> EstimatePoints(const SaleView& sale,
                                      absl::Span<const LinePayment> payments,
                                      const Rule& of, const LimitRoom& room,
                                      absl::Span<const size_t> candidates) {
  if (!of.earn || sale.member.member_id.empty()) return Points();
  Earning earning(sale, payments);
  const absl::CivilMinute now =
      absl::ToCivilMinute(sale.time, sale.rulebook.time_zone);
  if (Multiplies(of)) {
    for (const size_t candidate : candidates) {
      const Rule& base = sale.rulebook.rules[candidate];
      const bool counts = base.earn && !base.group && !Multiplies(base) &&
                          (!base.valid || IsValidAt(*base.valid, now)) &&
                          Holds(base.when, earning.facts());
      if (counts) earning.Apply(base, earning.Select(base.lines), {});
    }
  }
  earning.Apply(of, earning.Select(of.lines), room);
  const absl::StatusOr<Earned> earned = std::move(earning).Take();
  // More than any order may earn is worth the most.
  if (!earned.ok()) return kMaxCommandPoints;
  for (const RulePoints& points : earned->by_rule) {
    if (points.rule_id == HolderOf(of)) return points.points;
  }
  return Points();
}

}  // namespace pistis
