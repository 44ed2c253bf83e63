// What a rulebook says of members: tiers, segments and referrals.
#ifndef PISTIS_ENGINE_RULEBOOK_MEMBER_POLICY_H_
#define PISTIS_ENGINE_RULEBOOK_MEMBER_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/amount.h"
#include "engine/expr/expression.h"

namespace pistis {

// The most tiers of a rulebook, the most segments, and the longest window in
// which tiers count.
inline constexpr int kMaxTiers = 20;
inline constexpr int kMaxSegments = 100;
inline constexpr int kMaxTierWindowDays = 731;

// What it takes to be in a tier; at least one of the three is set, and all that
// are must be met.
struct TierGoal {
  std::optional<Money> spend;
  std::optional<int64_t> orders;
  std::optional<Points> tier_points;
  // Counted over so many days, the last one included. Nothing: over all time.
  std::optional<int> within_days;
};

struct Tier {
  std::string id;
  TierGoal qualify;
  // Days until it is looked at again. Nothing: never.
  std::optional<int> keep_days;
};

// Members who bring friends.
struct ReferralPolicy {
  // In front of members' codes.
  std::string prefix;
  // Over the friend's order; null: any will do.
  std::shared_ptr<const expr::Expression> qualify;
  std::optional<int64_t> max_per_member;
  // After joining.
  std::optional<int> window_days;
};

struct Segment {
  std::string id;
  // Null: rules put members there.
  std::shared_ptr<const expr::Expression> when;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_MEMBER_POLICY_H_
