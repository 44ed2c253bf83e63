#include "engine/operations/trace_message.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/rules/limits.h"

namespace pistis {
namespace {

using v1::TraceStep;

constexpr size_t kMaxShownLines = 20;

void AddLimit(const TracedLimit& traced, const Limit& limit, TraceStep& step) {
  v1::LimitStanding& standing = *step.add_limits();
  standing.set_per(limit.scope == LimitScope::kMember ? "member" : "campaign");
  standing.set_window(WindowText(limit.window, limit.windows));
  standing.set_times_used(traced.used.times);
  if (limit.times) standing.set_times(*limit.times);
  standing.set_points_used(traced.used.points.value());
  if (limit.points) standing.set_points(limit.points->value());
  standing.set_discount_used_minor(traced.used.discount.value());
  if (limit.discount) standing.set_discount_minor(limit.discount->value());
}

void AddCut(const CapCut& cut, TraceStep& step) {
  v1::CapCut& message = *step.add_cuts();
  message.set_cap_id(cut.cap_id);
  message.set_line_id(cut.line_id);
  message.set_left_minor(cut.left.value());
  message.set_requested_minor(cut.requested.value());
}

void AddParts(const Explanation& why, const std::string& line_id,
              TraceStep& step) {
  for (const DecidingPart& part : why.parts) {
    v1::DecidingPart& message = *step.add_decided_by();
    message.set_text(part.text);
    message.set_holds(part.holds);
    message.set_error(part.error);
    message.set_line_id(line_id);
    for (const ComparedValue& compared : part.compared) {
      v1::ComparedValue& value = *message.add_compared();
      value.set_text(compared.text);
      value.set_value(compared.value);
    }
  }
}

// Why a rule that does not act does not; nothing where it acts.
TraceStep::Outcome KeptOut(const Turn& turn) {
  if (!turn.in_time) return TraceStep::OUT_OF_TIME;
  if (turn.condition.failed) return TraceStep::CONDITION_FAILED;
  return turn.condition.holds ? TraceStep::OUTCOME_UNSPECIFIED
                              : TraceStep::CONDITION_FALSE;
}

bool IsLeftOut(const TraceStep& step) {
  return step.outcome() == TraceStep::OUT_OF_TIME ||
         step.outcome() == TraceStep::CONDITION_FALSE ||
         step.outcome() == TraceStep::CONDITION_FAILED ||
         step.outcome() == TraceStep::NO_LINES ||
         step.outcome() == TraceStep::NO_MEMBER;
}

class Telling {
 public:
  explicit Telling(const TracedOrder& traced) : traced_(traced) {
    const PricedOrder& priced = traced.priced;
    for (size_t i = 0; i < priced.proposal.discounts.size(); ++i) {
      const ProposedDiscount& discount = priced.proposal.discounts[i];
      (discount.code.empty() ? discounts_[discount.rule_id]
                             : codes_[discount.code]) = i;
    }
    for (const RulePoints& points : priced.earned.by_rule)
      points_[points.rule_id] += points.points;
    for (const WithheldRule& rule : priced.earned.withheld) {
      (rule.code.empty() ? withheld_ : withheld_codes_)
          .emplace(rule.code.empty() ? rule.rule_id : rule.code,
                   ToMessage(rule).reason());
    }
  }

  v1::Trace Tell() && {
    const std::vector<Rule>& rules = traced_.rulebook.rules;
    for (const size_t rule : traced_.trace.order()) {
      if (rules[rule].discount) AddRule(rule);
    }
    for (const std::string& code : traced_.trace.code_order())
      AddCode(code);
    if (traced_.priced.proposal.redemption) AddRedemption();
    for (const size_t rule : traced_.trace.order()) {
      if (!rules[rule].discount) AddRule(rule);
    }
    for (size_t rule = 0; rule < rules.size(); ++rule) {
      const bool is_told = traced_.trace.OfRule(rule) != nullptr ||
                           traced_.trace.unknown().count(rule) != 0;
      if (is_told) continue;
      TraceStep& step = *trace_.add_steps();
      step.set_rule_id(rules[rule].id);
      step.set_outcome(TraceStep::NO_MEMBER);
    }
    Bound();
    return std::move(trace_);
  }

 private:
  void AddRule(size_t index) {
    const Rule& rule = traced_.rulebook.rules[index];
    const Turn& turn = *traced_.trace.OfRule(index);
    TraceStep& step = *trace_.add_steps();
    step.set_rule_id(rule.id);
    AddParts(turn.condition, "", step);
    AddLimits(turn, step);
    AddLines(turn, step);
    const auto discount = discounts_.find(rule.id);
    if (discount != discounts_.end()) AddDiscount(discount->second, step);
    const auto points = points_.find(rule.id);
    if (points != points_.end()) step.set_points(points->second.value());
    const bool has_effects =
        turn.earning_lines && !turn.earning_lines->selected.empty();
    if (has_effects) AddEffects(rule, step);
    const auto withheld = withheld_.find(rule.id);
    if (withheld != withheld_.end()) step.set_withheld(withheld->second);
    step.set_outcome(OutcomeOf(turn, step));
  }

  // What the step tells apart from its outcome is there already.
  static TraceStep::Outcome OutcomeOf(const Turn& turn, const TraceStep& step) {
    const TraceStep::Outcome kept_out = KeptOut(turn);
    if (kept_out != TraceStep::OUTCOME_UNSPECIFIED) return kept_out;
    const bool gives = step.requested_minor() != 0 || step.points() != 0 ||
                       !step.issues_code().empty() ||
                       !step.sends_note().empty() || step.has_other_effect();
    if (gives) return TraceStep::APPLIED;
    if (step.withheld() != v1::WithheldRule::REASON_UNSPECIFIED) {
      return TraceStep::WITHHELD;
    }
    const bool looked = turn.discount_lines || turn.earning_lines;
    return looked && step.line_ids().empty() ? TraceStep::NO_LINES
                                             : TraceStep::NOTHING_TO_GIVE;
  }

  void AddEffects(const Rule& rule, TraceStep& step) const {
    const Rulebook& rulebook = traced_.rulebook;
    if (rule.issue_code) {
      step.set_issues_code(rulebook.codes[*rule.issue_code].id);
    }
    if (rule.note) step.set_sends_note(rulebook.notes[*rule.note].id);
    step.set_has_other_effect(rule.tier_points || rule.segment);
  }

  void AddCode(const std::string& typed) {
    TraceStep& step = *trace_.add_steps();
    const Turn& turn = *traced_.trace.OfCode(typed);
    step.set_code(typed);
    AddParts(turn.condition, "", step);
    AddLimits(turn, step);
    AddLines(turn, step);
    const auto discount = codes_.find(typed);
    if (discount != codes_.end()) AddDiscount(discount->second, step);
    const bool earns = Earns(typed);
    if (earns) step.set_points(points_[HolderOf(*turn.of)].value());
    const auto withheld = withheld_codes_.find(typed);
    if (withheld != withheld_codes_.end()) step.set_withheld(withheld->second);
    step.set_outcome(discount != codes_.end() || earns ? TraceStep::APPLIED
                                                       : TraceStep::WITHHELD);
  }

  [[nodiscard]] bool Earns(const std::string& typed) const {
    const auto& earning = traced_.priced.earned.earning_codes;
    return std::find(earning.begin(), earning.end(), typed) != earning.end();
  }

  static void AddLimits(const Turn& turn, TraceStep& step) {
    for (const TracedLimit& limit : turn.limits)
      AddLimit(limit, turn.of->limits[limit.limit], step);
  }

  void AddRedemption() {
    const ProposedRedemption& proposed = *traced_.priced.proposal.redemption;
    const Grant& grant = traced_.priced.grant;
    TraceStep& step = *trace_.add_steps();
    step.set_redemption(true);
    step.set_requested_minor(proposed.requested_worth.value());
    step.set_granted_minor(grant.redeemed.value());
    step.set_points(grant.redeemed_points.value());
    step.set_outcome(proposed.requested_worth.is_positive()
                         ? TraceStep::APPLIED
                         : TraceStep::NOTHING_TO_GIVE);
    if (proposed.requested_worth > proposed.share_limit) {
      AddCut({.cap_id = "points.redeem.max_share",
              .line_id = "",
              .left = proposed.share_limit,
              .requested = proposed.requested_worth},
             step);
    }
    for (const CapCut& cut : grant.redeemed_cuts)
      AddCut(cut, step);
  }

  void AddDiscount(size_t index, TraceStep& step) const {
    const GrantedDiscount& granted = traced_.priced.grant.discounts[index];
    step.set_requested_minor(
        traced_.priced.proposal.discounts[index].requested.value());
    step.set_granted_minor(granted.amount.value());
    for (const CapCut& cut : granted.cuts)
      AddCut(cut, step);
  }

  void AddLines(const Turn& turn, TraceStep& step) const {
    const std::optional<TracedLines>& lines =
        turn.discount_lines ? turn.discount_lines : turn.earning_lines;
    if (!lines) return;
    for (const size_t line : lines->selected) {
      if (step.line_ids_size() < static_cast<int>(kMaxShownLines)) {
        step.add_line_ids(traced_.order.lines[line].line_id);
      } else {
        step.set_unlisted_lines(step.unlisted_lines() + 1);
      }
    }
    if (lines->first_line) {
      AddParts(*lines->first_line, traced_.order.lines[0].line_id, step);
    }
  }

  void Bound() {
    const int count = trace_.steps_size();
    const int unknown = static_cast<int>(traced_.trace.unknown().size());
    trace_.set_unlisted_steps(unknown);
    if (count <= kMaxTraceSteps) return;
    int over = count - kMaxTraceSteps;
    std::vector<bool> dropped(static_cast<size_t>(count));
    for (int i = count - 1; i >= 0 && over > 0; --i) {
      if (!IsLeftOut(trace_.steps(i))) continue;
      dropped[static_cast<size_t>(i)] = true;
      --over;
    }
    v1::Trace bounded;
    bounded.set_unlisted_steps(count - kMaxTraceSteps + unknown);
    for (int i = 0; i < count && bounded.steps_size() < kMaxTraceSteps; ++i) {
      if (!dropped[static_cast<size_t>(i)]) {
        bounded.add_steps()->Swap(trace_.mutable_steps(i));
      }
    }
    trace_ = std::move(bounded);
  }

  const TracedOrder& traced_;
  // Indices into the proposal's discounts, by rule and by code.
  std::map<std::string, size_t> discounts_;
  std::map<std::string, size_t> codes_;
  std::map<std::string, Points> points_;
  // Likewise.
  std::map<std::string, v1::WithheldRule::Reason> withheld_;
  std::map<std::string, v1::WithheldRule::Reason> withheld_codes_;
  v1::Trace trace_;
};

}  // namespace

std::string WindowText(LimitWindow window, int windows) {
  switch (window) {
    case LimitWindow::kEver:
      return "ever";
    case LimitWindow::kDay:
      return windows == 1 ? "day" : absl::StrCat(windows, "d");
    case LimitWindow::kWeek:
      return "week";
    case LimitWindow::kMonth:
      return "month";
    case LimitWindow::kYear:
      return "year";
  }
  return "";
}

v1::Trace ToMessage(const TracedOrder& traced) {
  return Telling(traced).Tell();
}

}  // namespace pistis
