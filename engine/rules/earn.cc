#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "engine/base/rate.h"
#include "engine/base/refusal.h"
#include "engine/order/share_out.h"
#include "engine/rules/benefits.h"

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

absl::Status RefuseOverflow() {
  return Refuse(Reason::kPointsOverflow,
                "the order would earn more points than one order may");
}

// Points for each full `per`, counted on the sum of the lines.
absl::StatusOr<Points> PointsOf(const EarnShape& shape, Money basis) {
  if (!shape.per) return shape.points;
  const Int128 points =
      Int128{basis.value() / shape.per->value()} * shape.points.value();
  if (points > kMaxCommandPoints.value()) return RefuseOverflow();
  return Points(static_cast<int64_t>(points));
}

void AddOnce(size_t index, std::vector<size_t>& indices) {
  if (std::find(indices.begin(), indices.end(), index) == indices.end()) {
    indices.push_back(index);
  }
}

bool AnyPositive(absl::Span<const Money> weights) {
  return std::any_of(weights.begin(), weights.end(),
                     [](Money weight) { return weight.is_positive(); });
}

// The earning side of one order.
class Earning {
 public:
  Earning(const Rulebook& rulebook, const Order& order,
          const MemberFacts& member, absl::Span<const LinePayment> payments)
      : order_(order), facts_(order, member) {
    for (size_t i = 0; i < order.lines.size(); ++i) {
      const OrderLine& line = order.lines[i];
      remaining_.push_back(line.amount - payments[i].discount -
                           payments[i].redeemed);
      basis_.push_back(EarningBasis(rulebook, line, payments[i]));
    }
    facts_.SetRemaining(remaining_);
    earned_.earning.resize(order.lines.size());
    earned_.line_points.resize(order.lines.size());
  }

  [[nodiscard]] bool RuleHolds(const Rule& rule) const {
    return Holds(rule.when, facts_);
  }

  absl::Status Apply(const Rule& rule) {
    const std::vector<size_t> lines = Select(rule.lines);
    if (lines.empty()) return absl::OkStatus();
    if (rule.earn) {
      Money basis;
      for (const size_t line : lines) {
        basis += basis_[line];
        earned_.earning[line] = basis_[line];
      }
      absl::StatusOr<Points> points = PointsOf(*rule.earn, basis);
      if (!points.ok()) return points.status();
      earned_.points += *points;
      if (earned_.points > kMaxCommandPoints) return RefuseOverflow();
      if (points->is_positive()) {
        earned_.by_rule.push_back({.rule_id = rule.id, .points = *points});
        by_selection_[lines] += *points;
      }
    }
    if (rule.issue_code) AddOnce(*rule.issue_code, earned_.codes_to_issue);
    if (rule.note) AddOnce(*rule.note, earned_.notes_to_send);
    if (rule.note && rule.issue_code) {
      earned_.note_codes.emplace(*rule.note, *rule.issue_code);
    }
    return absl::OkStatus();
  }

  Earned Take() && {
    ShareOutPoints();
    return std::move(earned_);
  }

 private:
  // Each of `lines` by what `weight_of` says of it.
  template <typename WeightOf>
  static std::vector<Money> Weights(const std::vector<size_t>& lines,
                                    const WeightOf& weight_of) {
    std::vector<Money> weights;
    weights.reserve(lines.size());
    for (const size_t line : lines)
      weights.push_back(weight_of(line));
    return weights;
  }

  [[nodiscard]] std::vector<Money> ShareWeights(
      const std::vector<size_t>& lines) const {
    std::vector<Money> weights =
        Weights(lines, [&](size_t line) { return basis_[line]; });
    if (AnyPositive(weights)) return weights;
    weights =
        Weights(lines, [&](size_t line) { return order_.lines[line].amount; });
    if (AnyPositive(weights)) return weights;
    return Weights(
        lines, [&](size_t line) { return Money(order_.lines[line].quantity); });
  }

  void ShareOutPoints() {
    for (const auto& [lines, points] : by_selection_) {
      const std::vector<Money> shares =
          ShareOut(Money(points.value()), ShareWeights(lines));
      for (size_t i = 0; i < lines.size(); ++i) {
        earned_.line_points[lines[i]] += Points(shares[i].value());
      }
    }
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

  const Order& order_;
  Facts facts_;
  std::vector<Money> remaining_;
  std::vector<Money> basis_;
  // Points by the lines, in ascending order, that rules gave them for.
  std::map<std::vector<size_t>, Points> by_selection_;
  Earned earned_;
};

}  // namespace

absl::StatusOr<Earned> EarnBenefits(const Rulebook& rulebook,
                                    const Order& order,
                                    const MemberFacts& member,
                                    absl::Span<const LinePayment> payments,
                                    const std::vector<bool>& holds) {
  Earning earning(rulebook, order, member, payments);
  if (member.member_id.empty()) return std::move(earning).Take();
  for (size_t i = 0; i < rulebook.rules.size(); ++i) {
    const Rule& rule = rulebook.rules[i];
    if (!rule.earn && !rule.issue_code && !rule.note) continue;
    const bool applies = rule.discount ? holds[i] : earning.RuleHolds(rule);
    if (!applies) continue;
    if (absl::Status applied = earning.Apply(rule); !applied.ok()) {
      return applied;
    }
  }
  return std::move(earning).Take();
}

}  // namespace pistis
