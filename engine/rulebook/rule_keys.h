// By what rules are told apart before their conditions are looked at.
#ifndef PISTIS_ENGINE_RULEBOOK_RULE_KEYS_H_
#define PISTIS_ENGINE_RULEBOOK_RULE_KEYS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"

namespace pistis {

struct Rule;

// A text that an order has: of one of its lines, of itself or of its member.
// The most telling ones first.
enum class Trait { kSku, kTag, kCategory, kStore, kSegment, kTier, kChannel };
inline constexpr size_t kTraitCount = 7;

// What an order either fits or does not.
struct RuleKey {
  enum class Kind {
    // A text of the trait is `text`, is in list `number` of the rulebook, or
    // starts with `text`.
    kText,
    kListed,
    kBeginning,
    // The day lies in block `number` of 2^level days.
    kDays,
    // The day is weekday `number`.
    kWeekday,
  };
  Kind kind = Kind::kText;
  Trait trait = Trait::kSku;
  std::string text = {};
  int level = 0;
  int64_t number = 0;

  friend bool operator==(const RuleKey&, const RuleKey&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const RuleKey& key) {
    return H::combine(std::move(hash), key.kind, key.trait, key.text, key.level,
                      key.number);
  }
};

// The block of 2^level days that a day lies in. Days thousands of years away
// are taken as the last ones that count.
[[nodiscard]] RuleKey DaysKey(int level, absl::CivilDay day);
[[nodiscard]] RuleKey WeekdayKey(absl::Weekday day);
// Of skus alone.
[[nodiscard]] RuleKey ListKey(size_t list);

// Keys one of which an order must fit; with none, no order does.
using RuleNeed = std::vector<RuleKey>;

// What is needed for the rule to concern an order at all, each by itself:
// where an order does not meet one of these needs, the rule is out of time, its
// condition does not hold, or its lines select none of the order's. Nothing
// where the rule may concern every order.
[[nodiscard]] std::vector<RuleNeed> NeedsOf(const Rule& rule);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_RULE_KEYS_H_
