#include "engine/operations/limits_seen.h"

#include <algorithm>
#include <cstddef>

#include "engine/base/status_macros.h"

namespace pistis {
namespace {

std::pair<int, int> PlaceOf(const LimitHolders& holders, const Rule& rule,
                            const Limit& limit) {
  const std::vector<Rule>& rules = holders.rulebook.rules;
  ptrdiff_t place = 0;
  if (rule.is_code) {
    const auto code = std::find_if(
        holders.codes.begin(), holders.codes.end(),
        [&](const CodeToApply& typed) { return typed.code_template == &rule; });
    place =
        static_cast<ptrdiff_t>(rules.size()) + (code - holders.codes.begin());
  } else {
    place = &rule - rules.data();
  }
  return {static_cast<int>(place),
          static_cast<int>(&limit - rule.limits.data())};
}

bool IsNothing(const LimitUse& use) {
  return use.times == 0 && use.points.is_zero() && use.discount.is_zero();
}

}  // namespace

LimitBook LimitsSeen::Book() {
  return
      [this](const Rule& rule, const Limit& limit) -> absl::StatusOr<LimitUse> {
        PISTIS_ASSIGN_OR_RETURN(const LimitUse use, book_(rule, limit));
        if (!IsNothing(use)) seen_[PlaceOf(holders_, rule, limit)] = use;
        return use;
      };
}

void LimitsSeen::KeepIn(store::v1::OrderRecord& order) const {
  for (const auto& [place, use] : seen_) {
    store::v1::LimitSeenRecord& record = *order.add_limits_seen();
    record.set_rule(place.first);
    record.set_limit(place.second);
    record.set_times(use.times);
    record.set_points(use.points.value());
    record.set_discount_minor(use.discount.value());
  }
}

LimitBook LimitsAsSeen(LimitHolders holders,
                       const store::v1::OrderRecord& order) {
  std::map<std::pair<int, int>, LimitUse> seen;
  for (const store::v1::LimitSeenRecord& record : order.limits_seen()) {
    seen[{record.rule(), record.limit()}] = {
        .times = record.times(),
        .points = Points(record.points()),
        .discount = Money(record.discount_minor())};
  }
  return [holders = std::move(holders), seen = std::move(seen)](
             const Rule& rule, const Limit& limit) -> absl::StatusOr<LimitUse> {
    const auto found = seen.find(PlaceOf(holders, rule, limit));
    return found == seen.end() ? LimitUse() : found->second;
  };
}

}  // namespace pistis
