// The points of an order: what its earning rules give, and what multiplies it.
// Pure; exact, nothing is floating point.
#ifndef PISTIS_ENGINE_RULES_POINTS_SUM_H_
#define PISTIS_ENGINE_RULES_POINTS_SUM_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/base/rate.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// Points from one rule. Below zero for one that multiplies by less than one.
struct RulePoints {
  std::string rule_id;
  Points points;

  friend bool operator==(const RulePoints&, const RulePoints&) = default;
};

// An earning rule that applies, and the lines it selects: at least one, in
// ascending order.
struct EarningRule {
  std::string rule_id;
  const EarnShape* shape = nullptr;
  std::vector<size_t> lines;
  // The most it gives before multiplying; nothing: as much as it will.
  std::optional<Points> most;
};

// What points are earned on. Refers to the order's lines.
struct EarningBases {
  absl::Span<const OrderLine> lines;
  // By line.
  absl::Span<const Money> basis;
  PointsRounding rounding = PointsRounding::kDown;
};

struct PointsSum {
  // In the order of `rules`; those that come to nothing are left out.
  std::vector<RulePoints> by_rule;
  Points points;
  // By line: its share; sums to `points`. What rules give is shared out over
  // the lines they select: what is given for units by units, all else by what
  // points are earned on there; where that is nothing, by the lines' amounts,
  // and where those are nothing too, by units; each times what multiplies the
  // line. Rules that select the same lines are shared out together, so that
  // many small ones do not all favour the first line.
  std::vector<Points> line_points;
};

// Sums up `rules`, which stand in the order of work. Each rule is rounded once;
// one that is multiplied, once more after all that multiplies it: its points
// times the part of it that lies on the lines multiplied. A rule that
// multiplies is credited with what it adds to the order's points, after those
// before it. The product of a line's multiples has twelve decimals.
//
// POINTS_OVERFLOW where the points pass kMaxCommandPoints.
absl::StatusOr<PointsSum> SumPoints(absl::Span<const EarningRule> rules,
                                    const EarningBases& bases);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_POINTS_SUM_H_
