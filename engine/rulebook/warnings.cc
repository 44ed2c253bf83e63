#include "engine/rulebook/warnings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/expr/environment.h"
#include "engine/expr/expression.h"
#include "engine/rulebook/positions.h"
#include "engine/rulebook/problem.h"
#include "engine/rulebook/vocabulary.h"
#include "engine/rulebook/warnings_condition.h"

namespace pistis {
namespace {

using Finding = v1::RulebookFinding;

// A condition, its text in the message, and what it may speak of.
struct StatedCondition {
  const Condition& condition;
  const expr::Environment& environment;
  std::string path;
};

class Oversights {
 public:
  Oversights(const v1::Rulebook& message, const Rulebook& rulebook,
             absl::Time start)
      : message_(message),
        rulebook_(rulebook),
        start_(absl::ToCivilDay(start, rulebook.time_zone)),
        vocabulary_(MakeVocabulary(rulebook.currency, rulebook.lists)) {
    for (const Rule& rule : rulebook.rules)
      rules_[rule.id].compiled = &rule;
    for (const Rule& rule : rulebook.event_rules)
      rules_[rule.id].compiled = &rule;
    for (int i = 0; i < message.rules_size(); ++i) {
      RuleSource& rule = rules_[message.rules(i).id()];
      rule.source = &message.rules(i);
      rule.path = EntryPath("rules", static_cast<size_t>(i));
    }
  }

  std::vector<Finding> Find() && {
    for (const v1::Rule& rule : message_.rules())
      LookAtRule(rules_.at(rule.id()));
    NoteWhatCareUses();
    for (const StackGroup& group : rulebook_.groups) {
      if (group.mode == StackMode::kFirst) LookForShadowed(group);
    }
    LookForUntold();
    for (int i = 0; i < message_.codes_size(); ++i)
      LookAtCode(message_.codes(i), static_cast<size_t>(i));
    for (int i = 0; i < message_.notes_size(); ++i) {
      const std::string& id = message_.notes(i).id();
      if (notes_.count(id) > 0) continue;
      Add(Finding::UNUSED, id, EntryPath("notes", static_cast<size_t>(i)),
          "no rule asks for this note; give a rule note: or remove it");
    }
    for (const auto& list : rulebook_.lists->all())
      LookAtList(*list);
    return std::move(findings_);
  }

 private:
  // A rule as it is stated, where, and as it is compiled.
  struct RuleSource {
    const v1::Rule* source = nullptr;
    std::string path;
    const Rule* compiled = nullptr;
  };

  void LookAtRule(const RuleSource& rule) {
    const v1::Rule& source = *rule.source;
    codes_.insert(source.issue_code());
    notes_.insert(source.note());
    if (rule.compiled->trigger == Trigger::kOrderCommitted) {
      LookAtConditions(source.id(), rule.path, rule.compiled->when,
                       rule.compiled->lines);
    }
    LookAtValidity(source.id(), rule.path, rule.compiled->valid);
    if (rule.compiled->discount) {
      LookAtBought(source.id(), KeyPath(rule.path, "discount"),
                   *rule.compiled->discount);
    }
    LookForDouble(rule);
    if (source.has_discount() && source.limits().empty() &&
        !HasBudget(source.budget())) {
      LookForLimit(source.id(), KeyPath(rule.path, "discount"),
                   source.discount());
    }
    if (source.has_discount()) {
      LookAtCost(source.id(), KeyPath(rule.path, "discount"),
                 source.discount());
    }
    const bool gives_more = source.has_discount() || source.has_valid() ||
                            !source.issue_code().empty();
    if (gives_more && source.valid().to().empty()) {
      Add(Finding::NO_END, source.id(), KeyPath(rule.path, "valid"),
          "goes on for ever; add a last day, such as valid: {to: 2026-12-31}");
    }
  }

  void LookAtList(const ItemList& list) {
    const std::string path = EntryPath("lists", list.place());
    if (list.skus().empty()) {
      Add(Finding::NEVER_MATCHES, list.id(), path,
          "holds no article, so nothing is in it; add skus: or remove it");
    }
    if (lists_.count(&list) > 0) return;
    Add(Finding::UNUSED, list.id(), path,
        absl::StrCat("no condition asks for this list; write line.sku in "
                     "lists[",
                     Shown(list.id()), "] or remove it"));
  }

  // What is over by the start, and days that no date between the first and the
  // last falls on.
  void LookAtValidity(const std::string& id, const std::string& path,
                      const std::optional<Validity>& valid) {
    if (!valid || !valid->to) return;
    const std::string inner = KeyPath(path, "valid");
    const bool over_midnight =
        valid->hours && valid->hours->end < valid->hours->begin;
    if (*valid->to + (over_midnight ? 1 : 0) < start_) {
      Add(Finding::NEVER_MATCHES, id, inner,
          "is over before the rulebook starts; put the last day off, or remove "
          "it");
      return;
    }
    if (!valid->from || *valid->to - *valid->from >= 6) return;
    for (absl::CivilDay day = *valid->from; day <= *valid->to; ++day) {
      if (valid->days[static_cast<size_t>(absl::GetWeekday(day))]) return;
    }
    Add(Finding::NEVER_MATCHES, id, inner,
        "has no such weekday between its first and its last day; correct days, "
        "or the dates");
  }

  // Rules of a group that gives an order the first that matches, after one that
  // matches whenever they do.
  void LookForShadowed(const StackGroup& group) {
    std::map<std::string, std::string> earlier;
    const std::string always = MatchOf(v1::Rule());
    for (const size_t index : group.rules) {
      const RuleSource& rule = rules_.at(rulebook_.rules[index].id);
      const std::string match = MatchOf(*rule.source);
      auto found = earlier.find(always);
      if (found == earlier.end()) found = earlier.find(match);
      if (found != earlier.end()) {
        Add(Finding::SHADOWED, rule.source->id(), rule.path,
            absl::StrCat("never has its turn, for rule ", Shown(found->second),
                         " of the same group matches whenever it does; change "
                         "its condition or its priority, or remove it"));
      } else if (rule.source->limits().empty() &&
                 (rule.source->has_discount() || rule.source->has_earn())) {
        earlier.emplace(match, rule.source->id());
      }
    }
  }

  // Rules on sales whose note is always held back: another one's, of the same
  // kind and channel, is sent before it whenever they act.
  void LookForUntold() {
    std::vector<const Rule*> rules;
    for (const Rule& rule : rulebook_.rules) {
      if (rule.note && NoteOf(rule).kind != kOtherNotes) rules.push_back(&rule);
    }
    std::stable_sort(rules.begin(), rules.end(),
                     [&](const Rule* a, const Rule* b) {
                       return NoteOf(*a).priority > NoteOf(*b).priority;
                     });
    const std::string always = MatchOf(v1::Rule());
    std::map<std::tuple<Channel, std::string, std::string>, const Rule*>
        earlier;
    for (const Rule* rule : rules) {
      const RuleSource& stated = rules_.at(rule->id);
      const NoteTemplate& note = NoteOf(*rule);
      const std::string match = MatchOf(*stated.source);
      auto found = earlier.find({note.channel, note.kind, always});
      if (found == earlier.end()) {
        found = earlier.find({note.channel, note.kind, match});
      }
      if (found == earlier.end()) {
        const bool acts_always = stated.source->limits().empty() &&
                                 !stated.source->has_stack() &&
                                 !HasBudget(stated.source->budget());
        if (acts_always) earlier[{note.channel, note.kind, match}] = rule;
      } else if (found->second->note != rule->note) {
        Add(Finding::SHADOWED, rule->id, KeyPath(stated.path, "note"),
            absl::StrCat("is never sent, for a member is told each kind once "
                         "of an order, and rule ",
                         Shown(found->second->id), " asks for another ",
                         Shown(note.kind),
                         " whenever this one does; give one "
                         "of the notes another kind, or remove one"));
      }
    }
  }

  [[nodiscard]] const NoteTemplate& NoteOf(const Rule& rule) const {
    return rulebook_.notes[*rule.note];
  }

  // When and where a rule applies; the same text for rules of which this is the
  // same.
  static std::string MatchOf(const v1::Rule& rule) {
    v1::Rule match;
    match.set_when(rule.when());
    match.set_lines(rule.lines());
    if (rule.has_valid()) *match.mutable_valid() = rule.valid();
    return match.SerializeAsString();
  }

  void NoteWhatCareUses() {
    for (const v1::RemedyTemplate& remedy : message_.care().remedies()) {
      codes_.insert(remedy.issue_code());
      notes_.insert(remedy.note());
    }
    notes_.insert(message_.care().follow_up().note());
  }

  void LookAtCode(const v1::CodeTemplate& source, size_t index) {
    const std::string path = EntryPath("codes", index);
    const CodeTemplate& code = rulebook_.codes[index];
    LookAtConditions(source.id(), path, code.when, code.lines);
    LookAtValidity(source.id(), path, code.valid);
    if (code.discount) {
      LookAtBought(source.id(), KeyPath(path, "discount"), *code.discount);
      if (source.limits().empty() && !HasBudget(source.budget())) {
        LookForLimit(source.id(), KeyPath(path, "discount"), source.discount());
      }
      LookAtCost(source.id(), KeyPath(path, "discount"), source.discount());
    }
    if (source.expires().empty() && source.valid().to().empty()) {
      Add(Finding::NO_END, source.id(), path,
          code.is_word() ? "the word never ends; add a last day, such as "
                           "valid: {to: 2026-12-31}"
                         : "a code of it never expires; add expires: 60d");
    }
    if (codes_.count(source.id()) == 0 && !code.is_word()) {
      Add(Finding::UNUSED, source.id(), path,
          "no rule issues a code of it; give a rule issue_code: or remove it, "
          "unless you issue its codes yourself");
    }
  }

  void LookAtConditions(const std::string& id, const std::string& path,
                        const Condition& when, const Condition& lines) {
    LookAtCondition(id, {when, vocabulary_.when, KeyPath(path, "when")});
    LookAtCondition(id, {lines, vocabulary_.lines, KeyPath(path, "lines")});
  }

  void LookAtBought(const std::string& id, const std::string& path,
                    const Discount& discount) {
    const auto* buy = std::get_if<BuyAndGet>(&discount.shape);
    if (buy == nullptr) return;
    LookAtCondition(id, {buy->buy_lines, vocabulary_.lines,
                         KeyPath(KeyPath(path, "buy"), "lines")});
  }

  void LookAtCondition(const std::string& id, const StatedCondition& stated) {
    if (stated.condition == nullptr) return;
    for (const expr::ListValue* list : stated.condition->SearchableLists())
      lists_.insert(list);
    const std::optional<bool> always = AlwaysComesTo(*stated.condition);
    if (always == false) {
      Add(Finding::NEVER_MATCHES, id, stated.path,
          "is false for every order; correct the condition or remove it");
    }
    if (always) return;
    const auto contradiction =
        Contradiction(*stated.condition, stated.environment);
    if (contradiction) {
      Add(Finding::NEVER_MATCHES, id, stated.path,
          absl::StrCat("never holds, for ", *contradiction,
                       " exclude each other; correct one of them"));
    }
  }

  // Rules that differ in nothing but their ids and priorities.
  void LookForDouble(const RuleSource& rule) {
    v1::Rule same = *rule.source;
    same.clear_id();
    same.clear_priority();
    const auto [first, added] =
        doubles_.emplace(same.SerializeAsString(), rule.source->id());
    if (added) return;
    Add(Finding::SHADOWED, rule.source->id(), rule.path,
        absl::StrCat("says the same as rule ", Shown(first->second),
                     "; remove one of them"));
  }

  // True where a budget counts the discounts of what names that one.
  [[nodiscard]] bool HasBudget(const std::string& name) const {
    return std::any_of(rulebook_.budgets.begin(), rulebook_.budgets.end(),
                       [&](const Budget& budget) {
                         return (budget.counts_all || budget.id == name) &&
                                (budget.limits_discount() || budget.max_times);
                       });
  }

  void LookForLimit(const std::string& id, const std::string& path,
                    const v1::Discount& discount) {
    const auto& margin = rulebook_.margin;
    const bool capped = margin && (margin->order.max_discount ||
                                   margin->order.max_discount_amount ||
                                   margin->order.needs_cost());
    const bool is_amount = !discount.amount().empty() && !discount.per_unit();
    if (!capped && !is_amount && discount.max().empty() &&
        !discount.has_shipping()) {
      Add(Finding::NO_BUDGET, id, path,
          "nothing limits what it gives; add max: \"20.00\", limits or a "
          "budget, or margin.order.max_discount for all");
    }
  }

  void LookAtCost(const std::string& id, const std::string& path,
                  const v1::Discount& discount) {
    const auto& margin = rulebook_.margin;
    const bool keeps_cost =
        margin && (margin->never_below_cost || margin->line.needs_cost() ||
                   margin->order.needs_cost());
    if (!keeps_cost && !discount.has_shipping()) {
      Add(Finding::BELOW_COST, id, path,
          "may sell below cost; add margin.line.never_below_cost: true or "
          "margin.order.max_share_of_margin");
    }
  }

  void Add(Finding::Kind kind, const std::string& id, const std::string& path,
           const std::string& message) {
    Finding& finding = findings_.emplace_back();
    finding.set_kind(kind);
    finding.set_id(id);
    finding.set_path(path);
    finding.set_message(message);
  }

  const v1::Rulebook& message_;
  const Rulebook& rulebook_;
  // The day of the rulebook's start.
  const absl::CivilDay start_;
  const Vocabulary vocabulary_;
  std::map<std::string, RuleSource> rules_;
  // Templates that rules refer to.
  std::set<std::string> codes_;
  std::set<std::string> notes_;
  // Lists that conditions ask for.
  std::set<const expr::ListValue*> lists_;
  std::map<std::string, std::string> doubles_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> FindOversights(const v1::Rulebook& message,
                                    const Rulebook& rulebook,
                                    absl::Time start) {
  return Oversights(message, rulebook, start).Find();
}

}  // namespace pistis
