// What the rules and codes of a rulebook would give an order, before caps.
#ifndef PISTIS_ENGINE_RULES_PROPOSAL_H_
#define PISTIS_ENGINE_RULES_PROPOSAL_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/base/amount.h"
#include "engine/rules/budgets.h"

namespace pistis {

// A discount of a rule or a code.
struct ProposedDiscount {
  // Exactly one of the two is set.
  std::string rule_id;
  std::string code;
  int priority = 0;
  Money requested;
  // By line; with `shipping` they sum to `requested`.
  std::vector<Money> shares;
  // What comes off the order's shipping; then nothing comes off lines.
  Money shipping;
  // Below this it is not granted at all.
  Money minimum;
  // The sums of budgets that count it.
  std::vector<BudgetSum> budgets = {};

  friend bool operator==(const ProposedDiscount&,
                         const ProposedDiscount&) = default;
};

// Why a rule or code that concerns the order gives nothing.
enum class Withheld {
  // As many rules as give one order a discount already do.
  kTooManyDiscounts,
  // As many rules as multiply one order's points already do.
  kTooManyMultiples,
  // The discount would be below its minimum.
  kBelowMinimum,
  // Another rule of its group is worth more, or came first.
  kNotBest,
  kNotFirst,
  // A group that excludes its own has given something.
  kExcluded,
  // A limit leaves it nothing to give.
  kLimitReached,
  // A budget leaves it no more times.
  kBudgetSpent,
};

struct WithheldRule {
  // Exactly one of rule_id and code, as typed, is set.
  std::string rule_id = {};
  Withheld why = Withheld::kBelowMinimum;
  std::string code = {};

  friend bool operator==(const WithheldRule&, const WithheldRule&) = default;
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

  friend bool operator==(const ProposedRedemption&,
                         const ProposedRedemption&) = default;
};

// In the order of work. Together the shares of a line never exceed its amount,
// and those of the shipping not the order's.
struct Proposal {
  std::vector<ProposedDiscount> discounts;
  std::optional<ProposedRedemption> redemption;

  friend bool operator==(const Proposal&, const Proposal&) = default;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_PROPOSAL_H_
