#include "engine/rules/points_sum.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

// The largest sum of weights that points are shared out by.
constexpr int64_t kMostWeight = 1'000'000'000'000'000;
// What weights that are no whole numbers are scaled by.
constexpr int64_t kWeightScale = 1000;

absl::Status RefuseOverflow() {
  return Refuse(Reason::kPointsOverflow,
                "the order would earn more points than one order may");
}

// What multiplies a line is exact to this many parts of one: 100 multiples of
// three decimals each would have 300.
constexpr int64_t kFactorParts = 1'000'000'000'000;

// A non-negative exact number in lowest terms.
struct Fraction {
  Int128 above = 0;
  Int128 below = 1;
};

std::optional<Int128> Product(Int128 a, Int128 b) {
  Int128 product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

bool FitsWord(Int128 number) {
  return number <= std::numeric_limits<int64_t>::max();
}

// Most numbers are small, and dividing large ones takes ten times as long.
Int128 CommonDivisor(Int128 a, Int128 b) {
  while (b != 0 && !(FitsWord(a) && FitsWord(b))) {
    a = std::exchange(b, a % b);
  }
  if (b == 0) return a;
  return std::gcd(static_cast<int64_t>(a), static_cast<int64_t>(b));
}

struct Quotient {
  Int128 whole = 0;
  Int128 rest = 0;
};

Quotient Divided(Int128 number, Int128 by) {
  if (FitsWord(number) && FitsWord(by)) {
    const auto small = static_cast<int64_t>(number);
    const auto divisor = static_cast<int64_t>(by);
    return {.whole = small / divisor, .rest = small % divisor};
  }
  return {.whole = number / by, .rest = number % by};
}

Fraction Reduced(Int128 above, Int128 below) {
  const Int128 divisor = CommonDivisor(above, below);
  return {.above = Divided(above, divisor).whole,
          .below = Divided(below, divisor).whole};
}

std::optional<Fraction> Times(const Fraction& a, const Fraction& b) {
  const Fraction left = Reduced(a.above, b.below);
  const Fraction right = Reduced(b.above, a.below);
  const std::optional<Int128> above = Product(left.above, right.above);
  const std::optional<Int128> below = Product(left.below, right.below);
  if (!above || !below) return std::nullopt;
  return Fraction{.above = *above, .below = *below};
}

// `factor` in at most kFactorParts, rounded half up.
Fraction ToFactorParts(const Fraction& factor) {
  if (factor.below <= kFactorParts) return factor;
  const Int128 whole = factor.above / factor.below;
  const Int128 rest = factor.above % factor.below;
  return Reduced(
      whole * kFactorParts +
          (2 * rest * kFactorParts + factor.below) / (2 * factor.below),
      kFactorParts);
}

std::optional<Fraction> Plus(const Fraction& a, const Fraction& b) {
  const Int128 divisor = CommonDivisor(a.below, b.below);
  const std::optional<Int128> left = Product(a.above, b.below / divisor);
  const std::optional<Int128> right = Product(b.above, a.below / divisor);
  const std::optional<Int128> below = Product(a.below / divisor, b.below);
  Int128 above = 0;
  if (!left || !right || !below ||
      __builtin_add_overflow(*left, *right, &above)) {
    return std::nullopt;
  }
  return Reduced(above, *below);
}

Int128 Rounded(const Fraction& number, PointsRounding rounding) {
  const auto [whole, rest] = Divided(number.above, number.below);
  switch (rounding) {
    case PointsRounding::kDown:
      return whole;
    case PointsRounding::kHalfUp:
      return rest >= number.below - rest ? whole + 1 : whole;
    case PointsRounding::kUp:
      return rest > 0 ? whole + 1 : whole;
  }
  return whole;
}

// Rules that select the same lines and are shared out alike.
struct Selection {
  // Those of one of the rules.
  absl::Span<const size_t> lines;
  bool by_units = false;

  friend bool operator<(const Selection& a, const Selection& b) {
    return a.lines != b.lines ? a.lines < b.lines : a.by_units < b.by_units;
  }
};

// Whether a line is in both; they ascend.
bool HaveCommon(absl::Span<const size_t> a, absl::Span<const size_t> b) {
  auto in_b = b.begin();
  for (const size_t line : a) {
    in_b = std::lower_bound(in_b, b.end(), line);
    if (in_b != b.end() && *in_b == line) return true;
  }
  return false;
}

// What such rules give.
struct Pool {
  // For each of the selection's lines.
  std::vector<int64_t> weights;
  int64_t whole_weight = 0;
  // What each rule gives before multiplying.
  std::vector<Points> base;
  // What all give after it, as far as that has been worked out.
  Points points;
};

class Summing {
 public:
  Summing(absl::Span<const EarningRule> rules, const EarningBases& bases)
      : rules_(rules), bases_(bases), factors_(bases.lines.size(), {1, 1}) {
    sum_.line_points.resize(bases.lines.size());
  }

  absl::StatusOr<PointsSum> Run() {
    std::vector<Points> by_rule(rules_.size());
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (std::holds_alternative<EarnMultiply>(*rules_[i].shape)) continue;
      PISTIS_ASSIGN_OR_RETURN(by_rule[i], AddBase(rules_[i]));
    }
    for (size_t i = 0; i < rules_.size(); ++i) {
      const auto* multiply = std::get_if<EarnMultiply>(rules_[i].shape);
      if (multiply == nullptr) continue;
      const Points before = sum_.points;
      PISTIS_RETURN_IF_ERROR(Multiply(multiply->by, rules_[i].lines));
      by_rule[i] = sum_.points - before;
    }
    for (size_t i = 0; i < rules_.size(); ++i) {
      if (by_rule[i].is_zero()) continue;
      sum_.by_rule.push_back(
          {.rule_id = rules_[i].rule_id, .points = by_rule[i]});
    }
    ShareOutPoints();
    return std::move(sum_);
  }

 private:
  absl::StatusOr<Points> Bounded(Int128 points) const {
    if (points > kMaxCommandPoints.value()) return RefuseOverflow();
    return Points(static_cast<int64_t>(points));
  }

  [[nodiscard]] Int128 PointsFor(const EarnPoints& shape, Money basis) const {
    if (!shape.per) return shape.points.value();
    return Rounded({.above = basis.value(), .below = shape.per->value()},
                   bases_.rounding) *
           shape.points.value();
  }

  [[nodiscard]] Int128 PointsFor(const EarnSteps& shape, Money basis) const {
    Int128 points = 0;
    Money start;
    for (const EarnStep& step : shape.steps) {
      if (basis <= start) break;
      const Money end = step.up_to ? std::min(*step.up_to, basis) : basis;
      points += PointsFor(step.earn, end - start);
      start = end;
    }
    return points;
  }

  [[nodiscard]] Money BasisOf(const std::vector<size_t>& lines) const {
    Money basis;
    for (const size_t line : lines)
      basis += bases_.basis[line];
    return basis;
  }

  [[nodiscard]] Int128 UnitsOf(const std::vector<size_t>& lines) const {
    Int128 units = 0;
    for (const size_t line : lines)
      units += bases_.lines[line].quantity;
    return units;
  }

  [[nodiscard]] Int128 BaseOf(const EarningRule& rule) const {
    if (const auto* points = std::get_if<EarnPoints>(rule.shape)) {
      return PointsFor(*points, BasisOf(rule.lines));
    }
    if (const auto* steps = std::get_if<EarnSteps>(rule.shape)) {
      return PointsFor(*steps, BasisOf(rule.lines));
    }
    return UnitsOf(rule.lines) *
           std::get<EarnPerUnit>(*rule.shape).points.value();
  }

  absl::StatusOr<Points> AddBase(const EarningRule& rule) {
    PISTIS_ASSIGN_OR_RETURN(Points points, Bounded(BaseOf(rule)));
    if (rule.most) points = std::min(points, *rule.most);
    if (points.is_zero()) return points;
    const Selection selection{
        .lines = rule.lines,
        .by_units = std::holds_alternative<EarnPerUnit>(*rule.shape)};
    Pool& pool = pools_[selection];
    if (pool.weights.empty()) {
      pool.weights = WeightsOf(selection);
      pool.whole_weight =
          std::accumulate(pool.weights.begin(), pool.weights.end(), int64_t{0});
    }
    pool.base.push_back(points);
    pool.points += points;
    PISTIS_ASSIGN_OR_RETURN(
        sum_.points, Bounded(Int128{sum_.points.value()} + points.value()));
    return points;
  }

  [[nodiscard]] std::vector<int64_t> WeightsOf(
      const Selection& selection) const {
    const auto weights = [&](const auto& weight_of) {
      std::vector<int64_t> of_lines;
      of_lines.reserve(selection.lines.size());
      for (const size_t line : selection.lines)
        of_lines.push_back(weight_of(line));
      return of_lines;
    };
    const auto any = [](const std::vector<int64_t>& of_lines) {
      return std::any_of(of_lines.begin(), of_lines.end(),
                         [](int64_t weight) { return weight > 0; });
    };
    if (!selection.by_units) {
      std::vector<int64_t> by_basis =
          weights([&](size_t line) { return bases_.basis[line].value(); });
      if (any(by_basis)) return by_basis;
      std::vector<int64_t> by_amount = weights(
          [&](size_t line) { return bases_.lines[line].amount.value(); });
      if (any(by_amount)) return by_amount;
    }
    return weights([&](size_t line) { return bases_.lines[line].quantity; });
  }

  absl::Status Multiply(const Rate& by, const std::vector<size_t>& lines) {
    const Fraction factor = Reduced(by.numerator(), by.denominator());
    for (const size_t line : lines) {
      const std::optional<Fraction> product = Times(factors_[line], factor);
      if (!product) return RefuseOverflow();
      factors_[line] = ToFactorParts(*product);
    }
    Int128 points = 0;
    for (auto& [selection, pool] : pools_) {
      if (HaveCommon(selection.lines, lines)) {
        PISTIS_ASSIGN_OR_RETURN(pool.points, Multiplied(selection, pool));
      }
      points += pool.points.value();
    }
    PISTIS_ASSIGN_OR_RETURN(sum_.points, Bounded(points));
    return absl::OkStatus();
  }

  // What the pool's rules give after multiplying, each rounded.
  absl::StatusOr<Points> Multiplied(const Selection& selection,
                                    const Pool& pool) const {
    std::optional<Fraction> part = Weighted(selection, pool);
    if (part) part = Times(*part, {1, pool.whole_weight});
    if (!part) return RefuseOverflow();
    Int128 points = 0;
    for (const Points base : pool.base) {
      const std::optional<Fraction> whole = Times(*part, {base.value(), 1});
      if (!whole) return RefuseOverflow();
      points += std::min<Int128>(Rounded(*whole, bases_.rounding),
                                 Int128{kMaxCommandPoints.value()} + 1);
    }
    return Bounded(points);
  }

  // The sum of the weights, each times what multiplies its line.
  [[nodiscard]] std::optional<Fraction> Weighted(const Selection& selection,
                                                 const Pool& pool) const {
    std::optional<Fraction> sum = Fraction{};
    // Of lines that are multiplied by whole numbers, as most are.
    Int128 whole = 0;
    for (size_t i = 0; sum && i < pool.weights.size(); ++i) {
      const Fraction& factor = factors_[selection.lines[i]];
      if (factor.below == 1) {
        const auto weighted = Product(factor.above, pool.weights[i]);
        if (!weighted || __builtin_add_overflow(whole, *weighted, &whole)) {
          return std::nullopt;
        }
      } else {
        const auto weighted = Times(factor, {pool.weights[i], 1});
        sum = weighted ? Plus(*sum, *weighted) : std::nullopt;
      }
    }
    if (!sum || sum->above == 0) {
      return sum ? std::optional(Fraction{whole, 1}) : std::nullopt;
    }
    return Plus(*sum, {whole, 1});
  }

  // A line's weight after multiplying, in parts of kWeightScale where `scale`
  // is that.
  static Int128 SharingWeight(const Fraction& factor, int64_t weight,
                              int64_t scale) {
    if (factor.below == 1) {
      return Product(factor.above, Int128{weight} * scale)
          .value_or(Int128{kMostWeight});
    }
    const Fraction weighted = Times(factor, {Int128{weight} * scale, 1})
                                  .value_or(Fraction{kMostWeight, 1});
    // What weighs anything keeps some weight.
    return std::max<Int128>(Divided(weighted.above, weighted.below).whole,
                            weighted.above > 0 ? 1 : 0);
  }

  // The weights after multiplying, as whole numbers.
  [[nodiscard]] std::vector<Money> SharingWeights(const Selection& selection,
                                                  const Pool& pool) const {
    const bool whole =
        std::all_of(selection.lines.begin(), selection.lines.end(),
                    [&](size_t line) { return factors_[line].below == 1; });
    std::vector<Int128> scaled;
    scaled.reserve(pool.weights.size());
    Int128 sum = 0;
    for (size_t i = 0; i < pool.weights.size(); ++i) {
      scaled.push_back(SharingWeight(factors_[selection.lines[i]],
                                     pool.weights[i],
                                     whole ? 1 : kWeightScale));
      sum += scaled.back();
    }
    const Int128 divisor = Divided(sum, kMostWeight).whole + 1;
    std::vector<Money> weights;
    weights.reserve(scaled.size());
    for (const Int128 weight : scaled) {
      weights.emplace_back(static_cast<int64_t>(CeilDiv(weight, divisor)));
    }
    return weights;
  }

  void ShareOutPoints() {
    for (const auto& [selection, pool] : pools_) {
      if (pool.points.is_zero()) continue;
      const std::vector<Money> shares =
          ShareOut(Money(pool.points.value()), SharingWeights(selection, pool));
      for (size_t i = 0; i < shares.size(); ++i) {
        sum_.line_points[selection.lines[i]] += Points(shares[i].value());
      }
    }
  }

  absl::Span<const EarningRule> rules_;
  const EarningBases& bases_;
  // By line: what multiplies its points.
  std::vector<Fraction> factors_;
  std::map<Selection, Pool> pools_;
  PointsSum sum_;
};

}  // namespace

absl::StatusOr<PointsSum> SumPoints(absl::Span<const EarningRule> rules,
                                    const EarningBases& bases) {
  return Summing(rules, bases).Run();
}

}  // namespace pistis
