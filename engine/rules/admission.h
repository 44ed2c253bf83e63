// Which rules and codes act on an order: their time, condition, stack group and
// limits.
#ifndef PISTIS_ENGINE_RULES_ADMISSION_H_
#define PISTIS_ENGINE_RULES_ADMISSION_H_

#include <map>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

#include "engine/rules/facts.h"
#include "engine/rules/limits.h"
#include "engine/rules/proposal.h"
#include "engine/rules/sale_view.h"

namespace pistis {

// What a rule is worth to the member: its discount and the worth of its points;
// its points themselves where points are worth nothing.
struct RuleWorth {
  Money money;
  Points points;

  friend auto operator<=>(const RuleWorth&, const RuleWorth&) = default;
};

// Decides rule by rule, in the order of work, as it goes on. A rule concerns an
// order where its time has come, its condition holds and its lines, if it
// states any, select some when it has its turn. Codes have their turn as rules
// do: a rule is known by its index in the rulebook, a code by NumberOf. Refers
// to the sale, which must outlive it. Not synchronised.
class Admission {
 public:
  // What a rule would give as things stand, within the room its limits leave.
  using WorthOf = absl::FunctionRef<absl::StatusOr<RuleWorth>(
      size_t rule, const LimitRoom& room)>;

  // `codes` are in the order of work.
  explicit Admission(const SaleView& sale, std::vector<CodeToApply> codes = {});

  [[nodiscard]] const std::vector<CodeToApply>& codes() const { return codes_; }
  [[nodiscard]] size_t NumberOf(size_t code) const;
  // The rule or code of this number.
  [[nodiscard]] const Rule& Of(size_t rule) const;

  // The rules that may concern the order, ascending; no others do.
  [[nodiscard]] const std::vector<size_t>& candidates() const {
    return candidates_;
  }
  // The rules that have a turn, ascending: the candidates, or all of them where
  // a trace is asked for, which tells of each.
  [[nodiscard]] const std::vector<size_t>& turns() const {
    return sale_->trace == nullptr ? candidates_ : all_rules_;
  }

  // Whether `rule`, whose turn it is, acts; notes why where it concerns the
  // order and does not. `facts` are those of the order; no line is
  // set, before or after. Fails where the sale's limits cannot be read.
  absl::StatusOr<bool> Admit(size_t rule, Facts& facts, WorthOf worth_of);

  // The rule has given something: its group is taken.
  void Take(size_t rule);

  void Withhold(size_t rule, Withheld why);

  // The lines that the rule selects which was admitted last, or is being
  // compared in its group; ascending.
  [[nodiscard]] const std::vector<size_t>& lines() const {
    return selects_all_ ? all_lines_ : lines_;
  }

  // The sums of budgets that count what the rule or code of this number gives.
  [[nodiscard]] std::vector<BudgetSum> BudgetsOf(size_t rule) const;

  // True where the rule was admitted.
  [[nodiscard]] bool admitted(size_t rule) const {
    return rooms_.find(rule) != rooms_.end();
  }
  // What the limits of an admitted rule leave it.
  [[nodiscard]] const LimitRoom& room(size_t rule) const {
    return rooms_.at(rule);
  }
  [[nodiscard]] const std::vector<WithheldRule>& withheld() const {
    return withheld_;
  }

 private:
  struct Group {
    bool is_taken = false;
    // By another group that excludes it.
    bool is_closed = false;
    // Of mode best: the rule that was worth most.
    std::optional<size_t> best;
  };

  // Null for a rule.
  [[nodiscard]] const CodeToApply* CodeOf(size_t rule) const;
  // A code's is the one of its group's name in the sale's rulebook.
  [[nodiscard]] std::optional<size_t> GroupOf(size_t rule) const;
  // The group's rules and codes, in the order of work.
  [[nodiscard]] std::vector<size_t> MembersOf(size_t group) const;
  [[nodiscard]] bool IsCandidate(size_t rule) const;
  void TraceTurn(size_t rule, Facts& facts) const;
  void TraceLimits(size_t rule) const;
  [[nodiscard]] bool Holds(const Rule& rule, const Facts& facts) const;
  // Whether the rule selects any; they are lines() then.
  bool SelectLines(const Rule& rule, Facts& facts);
  [[nodiscard]] absl::StatusOr<LimitRoom> RoomOf(size_t number,
                                                 const Facts& facts) const;
  void TraceNoLines(size_t rule, Facts& facts) const;
  void TakeGroup(size_t group);
  // Why the rule's group keeps it out; nothing where it does not.
  absl::StatusOr<std::optional<Withheld>> KeptOut(size_t rule, Facts& facts,
                                                  WorthOf worth_of);
  struct Best {
    size_t rule = 0;
    // False: none of them gives anything as things stand.
    bool is_worth_anything = false;
  };

  // The rule that is worth most of `rule`'s group, from `rule` on.
  absl::StatusOr<Best> BestFrom(size_t rule, Facts& facts, WorthOf worth_of);

  const SaleView* sale_;
  absl::CivilMinute now_;
  std::vector<size_t> candidates_;
  // Where a trace is asked for.
  std::vector<size_t> all_rules_;
  std::vector<CodeToApply> codes_;
  std::vector<size_t> all_lines_;
  std::vector<size_t> lines_;
  bool selects_all_ = false;
  // Of the groups that something is known of.
  absl::flat_hash_map<size_t, Group> groups_;
  // Of the rules that were admitted.
  std::map<size_t, LimitRoom> rooms_;
  std::vector<WithheldRule> withheld_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULES_ADMISSION_H_
