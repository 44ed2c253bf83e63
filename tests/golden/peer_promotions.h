// Promotions of other systems, as rules and codes of a rulebook. Not for
// programs.
#ifndef PISTIS_TESTS_GOLDEN_PEER_PROMOTIONS_H_
#define PISTIS_TESTS_GOLDEN_PEER_PROMOTIONS_H_

#include <string>
#include <vector>

#include "tests/golden/peer_json.h"

namespace pistis::golden {

// The parts of a case's program that are promotions, in their order; those that
// only say how many units "buy and get" gives among them.
[[nodiscard]] std::vector<Json> PromotionsOf(const Json& scenario);

// A promotion's id as a rulebook writes it.
[[nodiscard]] std::string RuleIdOf(const Json& promotion);

// The channel of the order that issues a promotion's code.
[[nodiscard]] std::string IssuingChannel(const Json& promotion);

// What the promotions add to the rulebook's rules, and its codes, as YAML.
struct PromotionText {
  std::string rules;
  std::string codes;
};
[[nodiscard]] PromotionText WritePromotions(const Json& scenario);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_PEER_PROMOTIONS_H_
