// A rulebook, checked and compiled: what rules, margin and ledger read.
#ifndef PISTIS_ENGINE_RULEBOOK_RULEBOOK_H_
#define PISTIS_ENGINE_RULEBOOK_RULEBOOK_H_

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/base/decimal.h"
#include "engine/base/rate.h"
#include "engine/expr/expression.h"
#include "engine/rulebook/care_policy.h"
#include "engine/rulebook/item_lists.h"
#include "engine/rulebook/member_policy.h"
#include "engine/rulebook/points_policy.h"
#include "engine/rulebook/rule_index.h"
#include "engine/rulebook/triggers.h"

namespace pistis {

// A compiled CEL condition; null where the rulebook states none, which counts
// as true.
using Condition = std::shared_ptr<const expr::Expression>;

// What a percentage is a part of: what earlier discounts left, or the amounts
// before discounts.
enum class PercentOf { kRemaining, kOriginal };

// The shapes of a discount. A line's units count as equal in price.

// A part of the selected lines.
struct PercentOff {
  Rate percent;
};
// A fixed amount off the selected lines together, or off each of their units.
struct AmountOff {
  Money amount;
  bool per_unit = false;
};
// What each unit of the selected lines costs at most, or all of them together.
struct FixedPrice {
  Money price;
  bool together = false;
};
// Up to `quantity` units of an article are free.
struct FreeItem {
  std::string sku;
  int64_t quantity = 1;
};
// For each `buy` units bought, up to `get` of the cheapest selected units.
struct BuyAndGet {
  int64_t buy = 1;
  // Which lines count as bought; null: those that the discount is on.
  Condition buy_lines;
  int64_t get = 1;
  // What comes off each unit: a part of it, or an amount.
  std::variant<Rate, Money> off;
  // How many sets one order may have.
  std::optional<int64_t> most_sets;
};
// The cheapest selected units.
struct CheapestOff {
  int64_t quantity = 1;
  Rate percent;
};
// A part of the shipping, or an amount.
struct ShippingOff {
  std::variant<Rate, Money> off;
};

using DiscountShape = std::variant<PercentOff, AmountOff, FixedPrice, FreeItem,
                                   BuyAndGet, CheapestOff, ShippingOff>;

struct Discount {
  DiscountShape shape;
  // The most that a percentage gives.
  std::optional<Money> max;
  // The least that is given at all.
  Money minimum;
  PercentOf of = PercentOf::kRemaining;

  template <typename Shape>
  [[nodiscard]] bool is() const {
    return std::holds_alternative<Shape>(shape);
  }
  // True where it picks lines or units of them by itself.
  [[nodiscard]] bool picks_lines() const {
    return is<FixedPrice>() || is<FreeItem>() || is<BuyAndGet>() ||
           is<CheapestOff>();
  }
  // True where it is given as a whole or not at all.
  [[nodiscard]] bool is_whole() const {
    return is<FreeItem>() || is<BuyAndGet>();
  }
};

// The shapes of earning.

// Points once per order, or for each full `per`.
struct EarnPoints {
  Points points;
  std::optional<Money> per;
};
// Points for each unit.
struct EarnPerUnit {
  Points points;
};
// Points by the part of the earning basis that lies in each step. In ascending
// order; the last may have no end.
struct EarnStep {
  std::optional<Money> up_to;
  EarnPoints earn;
};
struct EarnSteps {
  std::vector<EarnStep> steps;
};
// A multiple of what the other shapes give on the selected lines.
struct EarnMultiply {
  Rate by;
};

using EarnShape =
    std::variant<EarnPoints, EarnPerUnit, EarnSteps, EarnMultiply>;

enum class PointsRounding { kDown, kHalfUp, kUp };
enum class MoneyRounding { kHalfUp, kHalfEven };

// When a rule may apply, by the clock on the program's wall.
struct Validity {
  // The first and the last day.
  std::optional<absl::CivilDay> from;
  std::optional<absl::CivilDay> to;
  // By absl::Weekday.
  std::bitset<7> days = std::bitset<7>().set();
  // Minutes of the day: `begin` belongs to them, `end` does not. Over midnight
  // where end < begin; what is after midnight belongs to the day before.
  struct Hours {
    int begin = 0;
    int end = 0;
  };
  std::optional<Hours> hours;
};

enum class StackMode { kAll, kBest, kFirst };

// Rules and codes that do not all go together.
struct StackGroup {
  std::string name;
  StackMode mode = StackMode::kAll;
  // Groups of which an order gets nothing where it gets something of this one;
  // they exclude this one too.
  std::vector<size_t> excludes;
  // Its rules, indices into Rulebook::rules, in the order of work.
  std::vector<size_t> rules;
};

enum class LimitScope { kMember, kCampaign, kOrder };
enum class LimitWindow { kEver, kDay, kWeek, kMonth, kYear };

// A limit on what a rule gives. At least one of the three is set.
struct Limit {
  LimitScope scope = LimitScope::kMember;
  LimitWindow window = LimitWindow::kEver;
  // How many windows: more than one with kDay alone.
  int windows = 1;
  std::optional<int64_t> times;
  std::optional<Points> points;
  std::optional<Money> discount;
};

// What has a sum of its own under a budget.
enum class BudgetScope {
  kProgram,
  kCampaign,
  kRule,
  kMember,
  kStore,
  kTerminal,
};

// A limit on what many orders get together. At least one measure is set, and at
// most one of max_discount and max_share.
struct Budget {
  std::string id;
  BudgetScope scope = BudgetScope::kProgram;
  LimitWindow window = LimitWindow::kEver;
  // As Limit::windows.
  int windows = 1;
  std::optional<Money> max_discount;
  // Of the net sales in the window.
  std::optional<Rate> max_share;
  std::optional<Points> max_points;
  std::optional<int64_t> max_times;
  // True: no rule or code names it, so it counts what all of them give.
  bool counts_all = true;

  [[nodiscard]] bool limits_discount() const {
    return max_discount || max_share;
  }
};

enum class Channel { kEmail, kSms, kPrint };

// What notes are about. A member is told each but the last once of an occasion.
inline constexpr absl::string_view kOtherNotes = "other";
inline constexpr absl::string_view kFollowUpNotes = "follow-up";
inline constexpr absl::string_view kNoteKinds[] = {
    "thank-you",       "years-with-us", "birthday",     "tier-up",
    "points-expiring", "apology",       kFollowUpNotes, kOtherNotes};

// By BCP 47 language.
using TextsByLanguage = std::map<std::string, std::string>;

struct NoteTemplate {
  std::string id;
  Channel channel = Channel::kEmail;
  // Never empty.
  TextsByLanguage text;
  TextsByLanguage subject = {};
  TextsByLanguage html = {};
  // One of kNoteKinds.
  std::string kind = std::string(kOtherNotes);
  int priority = 100;
  // The most messages that an SMS may take.
  int max_parts = 3;
  // True: it is sent whatever ContactPolicy::max says.
  bool beyond_cap = false;
};

// How often and when members are written to.
struct ContactPolicy {
  // E-mails and text messages in any `window`; nothing: any number.
  std::optional<int64_t> max;
  absl::Duration window;
  // In the member's zone.
  std::optional<Validity::Hours> quiet;
  // True: who has not agreed to a channel is not written to.
  bool needs_consent = false;
};

struct Rule {
  std::string id;
  Condition when;
  Condition lines;
  std::optional<EarnShape> earn;
  std::optional<Discount> discount;
  // Index into Rulebook::codes and Rulebook::notes.
  std::optional<size_t> issue_code;
  std::optional<size_t> note;
  // Never EarnMultiply.
  std::optional<EarnShape> tier_points;
  // Index into Rulebook::segments, of one without a condition.
  std::optional<size_t> segment;
  int priority = 100;
  std::optional<Validity> valid;
  // Index into Rulebook::groups.
  std::optional<size_t> group;
  std::vector<Limit> limits;
  // Index into Rulebook::budgets: the one it names.
  std::optional<size_t> budget;
  Trigger trigger = Trigger::kOrderCommitted;
  // What sets it off, by name: the trigger's, or a merchant's own event.
  std::string event = {};
  // True of a CodeTemplate.
  bool is_code = false;
};

// A code is a rule that an order has to name: one with a discount, or points to
// earn, or both, and with nothing else that a rule may give.
struct CodeTemplate : Rule {
  // How often one code may be used; 0: any number, of a word alone.
  int64_t uses = 1;
  // And how often by one member.
  std::optional<int64_t> uses_per_member;
  // True: a use stays used when its order comes back.
  bool keeps_uses = false;
  // A word that all may type, as it is written; empty: codes are issued, and
  // what follows says of what form.
  std::string word;
  bool bound_to_member = false;
  std::optional<absl::Duration> lifetime;
  std::string prefix;
  // Random ones; with `check` one more follows.
  int symbols = 12;
  bool check = true;

  [[nodiscard]] bool is_word() const { return !word.empty(); }
};

// The steps of the order of work that rules have their turn in.
enum class Stage { kSelectedLines, kWholeOrder, kEarning };
[[nodiscard]] Stage StageOf(const Rule& rule);

// Give no discount on a line of unknown cost.
struct RefuseDiscounts {};
// Cost as a part of the line's net amount.
using UnknownCostPolicy = std::variant<RefuseDiscounts, Rate>;

enum class OnExceed { kTrim, kRefuse };

// True where `category` is `above`, or below it: "drinks/tea" in "drinks".
[[nodiscard]] bool LiesInCategory(absl::string_view category,
                                  absl::string_view above);

// Caps on what is given on some lines together, or on one.
struct MarginCaps {
  std::optional<Rate> max_discount;
  std::optional<Money> max_discount_amount;
  std::optional<Rate> max_share_of_margin;
  std::optional<Rate> min_margin;

  // True where the caps ask for the cost.
  [[nodiscard]] bool needs_cost() const {
    return max_share_of_margin || min_margin;
  }
};

struct MarginPolicy {
  UnknownCostPolicy unknown_cost;
  // By category path.
  std::map<std::string, Rate> category_cost;
  MarginCaps order;
  MarginCaps line;
  bool never_below_cost = false;
  // By category path; each counts for those below it.
  std::map<std::string, MarginCaps> category;
  std::vector<std::string> excluded_categories;

  // True where lines of the category are no sales.
  [[nodiscard]] bool Excludes(absl::string_view of_line) const;
  bool counts_redeemed_points = true;
  // Points that the order earns; they have a value then.
  bool counts_earned_points = false;
  OnExceed on_exceed = OnExceed::kTrim;
};

// One version of a program's configuration. Immutable once compiled; any
// thread.
struct Rulebook {
  int64_t version = 0;
  std::string program;
  Currency currency;
  absl::TimeZone time_zone;
  PointsPolicy points;
  bool earn_on_tax = true;
  bool earn_after_discounts = true;
  bool prices_include_tax = true;
  PointsRounding points_rounding = PointsRounding::kDown;
  MoneyRounding money_rounding = MoneyRounding::kHalfUp;
  std::optional<MarginPolicy> margin;
  // By priority (high first), then id: the order of work inside each stage.
  std::vector<Rule> rules;
  // Those that something else than an order sets off, likewise. They have no
  // lines, no discount, no group, and earn points alone.
  std::vector<Rule> event_rules;
  std::optional<ReferralPolicy> referral;
  // Of `rules`; nothing: each is looked at for each order.
  std::optional<RuleIndex> index;
  std::vector<StackGroup> groups;
  // As the rulebook lists them.
  std::vector<CodeTemplate> codes;
  std::vector<NoteTemplate> notes;
  std::optional<ContactPolicy> contact;
  // As the rulebook lists them.
  std::vector<Budget> budgets;
  // Nothing: no remedies.
  std::optional<CarePolicy> care;
  // The lowest first.
  std::vector<Tier> tiers;
  std::vector<Segment> segments;
  // As the rulebook lists them. Never null once compiled.
  std::shared_ptr<const ItemLists> lists;
  // True where a condition may ask for what a member's profile alone knows:
  // joined, birthday, attributes.
  bool asks_profile = false;
  // True where a segment's condition may ask for `now`.
  bool segments_follow_time = false;

  // The template of this id, or null.
  [[nodiscard]] const CodeTemplate* FindCode(absl::string_view id) const;
  // The template of the word that was typed, in any spelling; or null.
  [[nodiscard]] const CodeTemplate* FindWord(absl::string_view typed) const;
  // The index of the group of this name.
  [[nodiscard]] std::optional<size_t> FindGroup(absl::string_view name) const;
  [[nodiscard]] const NoteTemplate* FindNote(absl::string_view id) const;
  // True where a rule is on events of this name.
  [[nodiscard]] bool HasRuleOn(absl::string_view event) const;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_RULEBOOK_H_
