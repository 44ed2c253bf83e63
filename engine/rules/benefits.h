// Rulebook, order and member in; proposed benefits out. Pure.
#ifndef PISTIS_ENGINE_RULES_BENEFITS_H_
#define PISTIS_ENGINE_RULES_BENEFITS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "engine/base/amount.h"
#include "engine/order/order.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rules/facts.h"
#include "engine/rules/proposal.h"

namespace pistis {

// A code that was typed, found and may be used.
struct CodeToApply {
  const CodeTemplate* code_template = nullptr;
  std::string typed;
};

// The outcome of the first half: discounts, codes, redeemed points.
struct Proposed {
  Proposal proposal;
  // By rule: true where a rule with a discount holds for the order. Rules
  // without a discount are decided in the second half.
  std::vector<bool> holds;
};

// Works out the discounts on selected lines, then those on the whole order,
// then codes, then redeemed points, each on what the earlier ones left; rules
// and codes by priority (high first), then id.
//
// Refusals: FIELD_INVALID (order.redeem: below the minimum, no multiple of the
// step, or points have no value here), INSUFFICIENT_POINTS,
// CODE_NOT_APPLICABLE.
absl::StatusOr<Proposed> ProposeBenefits(const Rulebook& rulebook,
                                         const Order& order,
                                         const MemberFacts& member,
                                         absl::Span<const CodeToApply> codes);

// What was granted, by line.
struct LinePayment {
  Money discount;
  Money redeemed;
};

// Points from one rule.
struct RulePoints {
  std::string rule_id;
  Points points;
};

// The outcome of the second half: points to earn, codes to issue, notes to
// send.
struct Earned {
  std::vector<RulePoints> by_rule;
  Points points;
  // By line: the amount that points were earned on; zero on lines that no
  // earning rule selects. Where tax is included and discounts are deducted, it
  // is what the member pays for the line otherwise than with points.
  std::vector<Money> earning;
  // By line: its share of the points; sums to `points`. What rules give is
  // shared out over the lines they select by what points are earned on there;
  // where that is nothing, by the lines' amounts, and where those are nothing
  // too, by their units. Rules that select the same lines are shared out
  // together, so that many small ones do not all favour the first line.
  std::vector<Points> line_points;
  // Indices into Rulebook::codes and ::notes, each at most once.
  std::vector<size_t> codes_to_issue;
  std::vector<size_t> notes_to_send;
  // The code that goes with a note, both by index: the one that a rule issued
  // which asked for the note too.
  std::map<size_t, size_t> note_codes;
};

// Works out what the order earns after `payments`, one for each line. `holds`
// is Proposed::holds. Nothing for an anonymous sale. POINTS_OVERFLOW where the
// points pass kMaxCommandPoints.
absl::StatusOr<Earned> EarnBenefits(const Rulebook& rulebook,
                                    const Order& order,
                                    const MemberFacts& member,
                                    absl::Span<const LinePayment> payments,
                                    const std::vector<bool>& holds);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_BENEFITS_H_
