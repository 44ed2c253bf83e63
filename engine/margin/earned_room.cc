#include "engine/margin/earned_room.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/types/span.h"

#include "engine/base/rate.h"
#include "engine/margin/cap_room.h"
#include "engine/order/share_out.h"

namespace pistis {
namespace {

template <typename Value>
Value SumOf(const std::vector<Value>& values) {
  return std::accumulate(values.begin(), values.end(), Value());
}

std::vector<Money> AsWeights(const std::vector<Points>& points) {
  std::vector<Money> weights;
  weights.reserve(points.size());
  for (const Points of_line : points)
    weights.emplace_back(of_line.value());
  return weights;
}

std::vector<Points> SharePoints(Points points,
                                absl::Span<const Money> weights) {
  std::vector<Points> shares;
  shares.reserve(weights.size());
  for (const Money share : ShareOut(Money(points.value()), weights))
    shares.emplace_back(share.value());
  return shares;
}

// The most points whose worth is at most `worth` before it is rounded.
Points WholeWorth(const Rate& value, Money worth, int64_t unit) {
  return Points(
      static_cast<int64_t>(FloorDiv(Int128{worth.value()} * value.denominator(),
                                    Int128{value.numerator()} * unit)));
}

// The rules that come last first; what is taken away by a rule stays so.
void CutRules(Points points, Earned& earned) {
  Points over = earned.points - points;
  for (auto of = earned.by_rule.rbegin(); of != earned.by_rule.rend(); ++of) {
    const Points cut = std::min(std::max(of->points, Points()), over);
    of->points -= cut;
    over -= cut;
  }
  earned.points = points;
}

// A cap that bound before is told as it stands now.
void TellBound(std::vector<BoundCap> bound, Grant& grant) {
  for (BoundCap& cap : bound) {
    const auto told = std::find_if(
        grant.caps.begin(), grant.caps.end(), [&](const BoundCap& earlier) {
          return earlier.cap_id == cap.cap_id && earlier.line_id == cap.line_id;
        });
    if (told == grant.caps.end()) {
      grant.caps.push_back(std::move(cap));
    } else {
      *told = std::move(cap);
    }
  }
}

}  // namespace

std::vector<Money> WorthByLine(const Rulebook& rulebook,
                               const std::vector<Points>& line_points) {
  const Points points = SumOf(line_points);
  if (!points.is_positive()) return std::vector<Money>(line_points.size());
  const Money worth = rulebook.points.value->WorthOf(
      points, rulebook.currency.minor_per_major());
  return ShareOut(worth, AsWeights(line_points));
}

void EarnedRoom::Cut(Earned& earned) {
  if (grant_.room == nullptr) return;
  const CapRoom& room = *grant_.room;
  const std::vector<Money> asked = WorthByLine(rulebook_, earned.line_points);
  if (asked_.empty()) asked_ = asked;
  const std::vector<Money> most = room.Most(asked, BenefitKind::kEarned);
  if (most == asked) return;
  const int64_t unit = rulebook_.currency.minor_per_major();
  const Rate& value = *rulebook_.points.value;
  const std::vector<Points> earned_before = earned.line_points;
  const Money allowed = SumOf(most);
  const Points points =
      std::min(value.PointsWorthAtMost(allowed, unit), earned.points);
  earned.line_points = SharePoints(
      points, allowed.is_positive() ? most : AsWeights(earned.line_points));
  const std::vector<Money> worth = WorthByLine(rulebook_, earned.line_points);
  if (room.Most(worth, BenefitKind::kEarned) != worth) {
    // Whole points, shared out, passed what a line may get: each line then has
    // those that fit there to the last fraction, so that no rounding of them
    // together and sharing out again gives it more.
    for (size_t i = 0; i < most.size(); ++i)
      earned.line_points[i] =
          std::min(WholeWorth(value, most[i], unit), earned_before[i]);
  }
  CutRules(SumOf(earned.line_points), earned);
}

void EarnedRoom::Take(const Earned& earned) {
  if (grant_.room == nullptr) return;
  CapRoom& room = *grant_.room;
  room.Take(WorthByLine(rulebook_, earned.line_points), asked_,
            BenefitKind::kEarned);
  TellBound(room.Bound(), grant_);
  grant_.margin = room.Figures();
  grant_.room = nullptr;
}

}  // namespace pistis
