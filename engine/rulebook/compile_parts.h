// The parts of compiling, one file each; compile.cc puts them together.
#ifndef PISTIS_ENGINE_RULEBOOK_COMPILE_PARTS_H_
#define PISTIS_ENGINE_RULEBOOK_COMPILE_PARTS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pistis/v1/rulebook.pb.h"

#include "engine/base/decimal.h"
#include "engine/rulebook/fields.h"
#include "engine/rulebook/reporter.h"
#include "engine/rulebook/rulebook.h"
#include "engine/rulebook/vocabulary.h"

namespace pistis {

// What every part needs. Borrows; lives as long as one compilation.
struct CompileContext {
  const Currency& currency;
  const Vocabulary& vocabulary;
  Reporter& reporter;
};

// The codes, notes, segments and budgets that rules refer to.
struct References {
  IdIndex budgets;
  // For each budget, whether its sums are by store or terminal.
  std::vector<bool> budget_is_of_place;
  IdIndex codes;
  IdIndex notes;
  IdIndex segments;
  // For each note, whether its text shows a code.
  std::vector<bool> note_shows_code;
  // For each segment, whether it states one.
  std::vector<bool> has_condition;
};

// Each reports what is wrong, and returns as much as could be read.

[[nodiscard]] PointsPolicy CompilePoints(const v1::PointsPolicy& points,
                                         const CompileContext& context);

[[nodiscard]] MarginPolicy CompileMargin(const v1::MarginPolicy& margin,
                                         const CompileContext& context);

// Nothing where the discount is not one; `path` is where it is.
[[nodiscard]] std::optional<Discount> CompileDiscount(
    const v1::Discount& discount, const std::string& path,
    const CompileContext& context);

// That a discount which is on no line selects none.
void CheckDiscountedLines(const v1::Discount& discount, const TextField& lines,
                          const CompileContext& context);

// Nothing where it earns nothing.
[[nodiscard]] std::optional<EarnShape> CompileEarn(
    const v1::Earn& earn, const std::string& path,
    const CompileContext& context);

[[nodiscard]] Validity CompileValidity(const v1::Valid& valid,
                                       const std::string& path,
                                       Reporter& reporter);
// "09:00-12:00"; nothing where the text is empty.
[[nodiscard]] std::optional<Validity::Hours> ReadHours(const TextField& field,
                                                       Reporter& reporter);

// The groups that rules and codes are in; by rule, as the rulebook lists them,
// and by code its group.
struct StackGroups {
  std::vector<StackGroup> groups;
  std::vector<std::optional<size_t>> of_rule;
  std::vector<std::optional<size_t>> of_code;
};
[[nodiscard]] StackGroups CompileStacks(const v1::Rulebook& rulebook,
                                        Reporter& reporter);

// The limits of `rule`, which is compiled but for them.
using LimitMessages = google::protobuf::RepeatedPtrField<v1::Limit>;
[[nodiscard]] std::vector<Limit> CompileLimits(const LimitMessages& source,
                                               const Rule& rule,
                                               const std::string& path,
                                               const CompileContext& context);
// "month", or "30d"; for ever where the text is empty.
struct WindowSpan {
  LimitWindow window = LimitWindow::kEver;
  int windows = 1;
};
[[nodiscard]] WindowSpan ReadWindow(const TextField& field, Reporter& reporter);

// Takes the ids into `references`.
[[nodiscard]] std::vector<Budget> CompileBudgets(const v1::Rulebook& rulebook,
                                                 const CompileContext& context,
                                                 References& references);
// The budget that the field of a rule or code names, which is compiled but for
// it.
[[nodiscard]] std::optional<size_t> FindBudget(const TextField& field,
                                               const Rule& rule,
                                               const References& references,
                                               Reporter& reporter);
// Once codes, notes and points are there.
[[nodiscard]] CarePolicy CompileCare(const v1::Rulebook& source,
                                     const Rulebook& rulebook,
                                     const CompileContext& context,
                                     const References& references);

// Sets Budget::counts_all, once all rules and codes are there.
void NoteWhatBudgetsCount(Rulebook& rulebook);

// What limits an order's sets goes into the discount that has them.
void LimitSets(Rule& rule);

// Takes the ids into `references`. `groups` is by code.
[[nodiscard]] std::vector<CodeTemplate> CompileCodes(
    const v1::Rulebook& rulebook, const CompileContext& context,
    References& references, const std::vector<std::optional<size_t>>& groups);
[[nodiscard]] std::vector<NoteTemplate> CompileNotes(
    const v1::Rulebook& rulebook, const CompileContext& context,
    References& references);
[[nodiscard]] ContactPolicy CompileContact(const v1::ContactPolicy& source,
                                           Reporter& reporter);

// Before any condition, as those may ask for them. Never null.
[[nodiscard]] std::shared_ptr<const ItemLists> CompileItemLists(
    const v1::Rulebook& rulebook, Reporter& reporter);

[[nodiscard]] std::vector<Tier> CompileTiers(const v1::Rulebook& rulebook,
                                             const CompileContext& context);
[[nodiscard]] ReferralPolicy CompileReferral(const v1::Referral& referral,
                                             const CompileContext& context);

// The rule with what its `on:` says: its trigger, and its condition where that
// is not an order. Reports what only an order can have.
[[nodiscard]] Rule CompileTrigger(const v1::Rule& source,
                                  const std::string& path,
                                  const CompileContext& context, Rule rule);
// Puts the rules on other events than orders apart. Reports what they ask of
// the rulebook and is not there.
void PutEventRulesApart(Rulebook& rulebook, Reporter& reporter);

// Takes the ids into `references`.
[[nodiscard]] std::vector<Segment> CompileSegments(
    const v1::Rulebook& rulebook, const CompileContext& context,
    References& references);

// What conditions of `rulebook` may ask for that is not always at hand: sets
// Rulebook::asks_profile and segments_follow_time.
void NoteWhatIsAsked(Rulebook& rulebook);

// In the order of work: by priority (high first), then id. `groups` is by rule
// as the rulebook lists them.
[[nodiscard]] std::vector<Rule> CompileRules(
    const v1::Rulebook& rulebook, const CompileContext& context,
    const References& references,
    const std::vector<std::optional<size_t>>& groups);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_COMPILE_PARTS_H_
