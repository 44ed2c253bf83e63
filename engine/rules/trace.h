// What each rule saw and decided while an order was worked on, for those who
// ask why.
#ifndef PISTIS_ENGINE_RULES_TRACE_H_
#define PISTIS_ENGINE_RULES_TRACE_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/rulebook/rulebook.h"
#include "engine/rules/facts.h"
#include "engine/rules/limits.h"
#include "engine/rules/trace_condition.h"

namespace pistis {

struct CodeToApply;
struct SaleView;

// The lines that a rule or code selects, by index; where it selects none, why
// the first line is not among them.
struct TracedLines {
  std::vector<size_t> selected;
  std::optional<Explanation> first_line;
};

// What a limit had left when the rule had its turn.
struct TracedLimit {
  // Index into Rule::limits.
  size_t limit = 0;
  LimitUse used;
};

// A rule or code when it had its turn.
struct Turn {
  // Whose turn it is. Lives as long as its rulebook.
  const Rule* of = nullptr;
  // False where its dates, days or hours keep it out; then nothing else is
  // known.
  bool in_time = true;
  Explanation condition;
  // Where the rule concerns the order: those of its limits that are not per
  // order, and could be read.
  std::vector<TracedLimit> limits;
  // On which lines a discount is, and on which points are earned and effects
  // depend; nothing where it never came to that.
  std::optional<TracedLines> discount_lines;
  std::optional<TracedLines> earning_lines;
};

// Written by what works on an order, in the order of work; the same order gives
// the same trace. Costs as much as the work itself, at most some 25 times over,
// and what rules cost that cannot concern the order, at most
// kMostStepsOnOthers; none of it is charged to the order's steps. Not
// synchronised.
class Trace {
 public:
  // A rule (by index) or a code (as typed) has its turn.
  void Begin(const SaleView& sale, size_t rule, Facts& facts);
  void Begin(const SaleView& sale, const CodeToApply& code, Facts& facts);
  // A rule or code whose turn it is concerns the order, so its limits are
  // looked at.
  void SeeLimits(const SaleView& sale, size_t rule);
  void SeeLimits(const SaleView& sale, const CodeToApply& code);
  // A rule whose turn it is or was looks for its lines. Leaves no line set.
  void SelectForDiscount(const SaleView& sale, size_t rule, Facts& facts);
  void SelectForEarning(const SaleView& sale, size_t rule, Facts& facts);
  // A rule that cannot concern the order has its turn: why that is, where there
  // are steps left to find out. Leaves no line set.
  void PassOver(const SaleView& sale, size_t rule, Facts& facts);

  // Rules in the order of their turns, each once.
  [[nodiscard]] const std::vector<size_t>& order() const { return order_; }
  // Codes as typed, likewise.
  [[nodiscard]] const std::vector<std::string>& code_order() const {
    return code_order_;
  }
  // Rules that had their turn, and of which nothing more is known.
  [[nodiscard]] const std::set<size_t>& unknown() const { return unknown_; }
  // Null where the rule had no turn, or nothing is known of it.
  [[nodiscard]] const Turn* OfRule(size_t rule) const;
  [[nodiscard]] const Turn* OfCode(const std::string& typed) const;

 private:
  std::vector<size_t> order_;
  std::vector<std::string> code_order_;
  std::set<size_t> unknown_;
  StepMeter others_{kMostStepsOnOthers};
  std::map<size_t, Turn> rules_;
  std::map<std::string, Turn> codes_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_TRACE_H_
