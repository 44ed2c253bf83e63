// What the rules and codes of a rulebook would give an order, before caps.
#ifndef PISTIS_ENGINE_RULES_PROPOSAL_H_
#define PISTIS_ENGINE_RULES_PROPOSAL_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/base/amount.h"

namespace pistis {

// A discount of a rule or a code.
struct ProposedDiscount {
  // Exactly one of the two is set.
  std::string rule_id;
  std::string code;
  int priority = 0;
  Money requested;
  // By line; sums to `requested`.
  std::vector<Money> shares;
};

// Points to pay with, after the rulebook's minimum, step and share.
struct ProposedRedemption {
  int priority = 0;
  Points points;
  Money worth;
  // By line; sums to `worth`.
  std::vector<Money> shares;
  // What points may pay of this order, and what was asked for.
  Money share_limit;
  Money requested_worth;
};

// In the order of work. Together the shares of a line never exceed its amount.
struct Proposal {
  std::vector<ProposedDiscount> discounts;
  std::optional<ProposedRedemption> redemption;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_PROPOSAL_H_
