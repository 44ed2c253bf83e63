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
#include "engine/rules/admission.h"
#include "engine/rules/points_sum.h"
#include "engine/rules/proposal.h"
#include "engine/rules/sale_view.h"

namespace pistis {

// The outcome of the first half: discounts, codes, redeemed points; and the
// admission of the rules that had their turn. Refers to the sale.
struct Proposed {
  Proposal proposal;
  Admission admission;
};

// Works out the discounts on selected lines and those that pick lines by
// themselves, then those on the whole order and on shipping, then codes, then
// redeemed points, each on what the earlier ones left; rules and codes by
// priority (high first), then id. A code that its group or its limits keep out
// is withheld; one that does not apply is refused.
//
// Refusals: FIELD_INVALID (order.redeem: below the minimum, no multiple of the
// step, or points have no value here), INSUFFICIENT_POINTS,
// CODE_NOT_APPLICABLE. Fails where the sale's limits cannot be read.
absl::StatusOr<Proposed> ProposeBenefits(const SaleView& sale,
                                         absl::Span<const CodeToApply> codes);

// What was granted, by line.
struct LinePayment {
  Money discount;
  Money redeemed;
};

// A rule with limits that acts on the order.
struct LimitedRule {
  // Index into Rulebook::rules.
  size_t rule = 0;
  // True where it does more than give a discount and points.
  bool has_effect = false;

  friend bool operator==(const LimitedRule&, const LimitedRule&) = default;
};

// A rule that does more than give a discount, under budgets.
struct BudgetedRuleGift {
  std::string rule_id;
  // True where it does more than give points, too.
  bool has_effect = false;
  bool issues_code = false;
  // The lines that it selects, ascending.
  std::vector<size_t> lines;
  // Never empty.
  std::vector<BudgetSum> budgets;

  friend bool operator==(const BudgetedRuleGift&,
                         const BudgetedRuleGift&) = default;
};

// The outcome of the second half: points to earn, codes to issue, notes to
// send.
struct Earned {
  // As SumPoints says; codes by what HolderOf says of their template.
  std::vector<RulePoints> by_rule;
  // Codes that earn points, as typed: of a template the first that may, so that
  // an order earns the points of each once.
  std::vector<std::string> earning_codes;
  Points points;
  std::vector<Points> line_points;
  // By line: the amount that points were earned on; zero on lines that no
  // earning rule selects. Where tax is included and discounts are deducted, it
  // is what the member pays for the line otherwise than with points.
  std::vector<Money> earning;
  // Rules with limits that act, in the rulebook's order.
  std::vector<LimitedRule> limited;
  // Rules under budgets that act, in the order of work.
  std::vector<BudgetedRuleGift> budgeted;
  // Of both halves, in the order of work.
  std::vector<WithheldRule> withheld;
  // Points that count for tiers.
  Points tier_points;
  // Indices into Rulebook::codes, ::notes and ::segments, each at most once.
  std::vector<size_t> codes_to_issue;
  std::vector<size_t> notes_to_send;
  std::vector<size_t> segments_to_join;
  // The code that goes with a note, both by index: the one that a rule issued
  // which asked for the note too.
  std::map<size_t, size_t> note_codes;

  friend bool operator==(const Earned&, const Earned&) = default;
};

// Works out what the order earns after `payments`, one for each line;
// `admission` is Proposed::admission of the same sale. Nothing for an anonymous
// sale. POINTS_OVERFLOW where the
// points pass kMaxCommandPoints.
absl::StatusOr<Earned> EarnBenefits(const SaleView& sale,
                                    absl::Span<const LinePayment> payments,
                                    Admission admission);

// What a discount and points are worth to the member.
[[nodiscard]] RuleWorth WorthOfBenefits(const Rulebook& rulebook,
                                        Money discount, Points points);

// What the points of a rule or code would be after `payments`, at most `room`:
// what Earned::by_rule would say of it beside the rules that are in no group
// and multiply nothing. None for an anonymous sale. `candidates` are those of
// the sale's Admission.
absl::StatusOr<Points> EstimatePoints(const SaleView& sale,
                                      absl::Span<const LinePayment> payments,
                                      const Rule& of, const LimitRoom& room,
                                      absl::Span<const size_t> candidates);

// Adds what a rule gives, by its place in the rulebook, where it is not there.
void AddOnce(size_t index, std::vector<size_t>& indices);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_BENEFITS_H_
