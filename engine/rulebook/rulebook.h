// A rulebook, checked and compiled: what rules, margin and ledger read.
#ifndef PISTIS_ENGINE_RULEBOOK_RULEBOOK_H_
#define PISTIS_ENGINE_RULEBOOK_RULEBOOK_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/base/amount.h"
#include "engine/base/decimal.h"
#include "engine/base/rate.h"
#include "engine/expr/expression.h"
#include "engine/rulebook/points_policy.h"

namespace pistis {

// A compiled CEL condition; null where the rulebook states none, which counts
// as true.
using Condition = std::shared_ptr<const expr::Expression>;

// A part of an amount, with an optional limit.
struct PercentOff {
  Rate percent;
  std::optional<Money> max;
};

// A fixed amount off.
struct AmountOff {
  Money amount;
};

using DiscountShape = std::variant<PercentOff, AmountOff>;

// Points once per order, or for each full `per`.
struct EarnShape {
  Points points;
  std::optional<Money> per;
};

struct CodeTemplate {
  std::string id;
  DiscountShape discount;
  Condition when;
  Condition lines;
  int64_t uses = 1;
  bool bound_to_member = false;
  std::optional<absl::Duration> lifetime;
  std::string prefix;
  int symbols = 12;
  int priority = 500;
};

enum class Channel { kEmail, kSms, kPrint };

struct NoteTemplate {
  std::string id;
  Channel channel = Channel::kEmail;
  // By BCP 47 language; never empty.
  std::map<std::string, std::string> text;
};

struct Rule {
  std::string id;
  Condition when;
  Condition lines;
  std::optional<EarnShape> earn;
  std::optional<DiscountShape> discount;
  // Index into Rulebook::codes and Rulebook::notes.
  std::optional<size_t> issue_code;
  std::optional<size_t> note;
  int priority = 100;
};

// Give no discount on a line of unknown cost.
struct RefuseDiscounts {};
// Cost as a part of the line's net amount.
using UnknownCostPolicy = std::variant<RefuseDiscounts, Rate>;

enum class OnExceed { kTrim, kRefuse };

struct MarginPolicy {
  UnknownCostPolicy unknown_cost;
  // By category path.
  std::map<std::string, Rate> category_cost;
  std::optional<Rate> max_discount;
  std::optional<Rate> max_share_of_margin;
  bool never_below_cost = false;
  bool counts_redeemed_points = true;
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
  std::optional<MarginPolicy> margin;
  // By priority (high first), then id: the order of work inside each stage.
  std::vector<Rule> rules;
  // As the rulebook lists them.
  std::vector<CodeTemplate> codes;
  std::vector<NoteTemplate> notes;

  // The template of this id, or null.
  [[nodiscard]] const CodeTemplate* FindCode(absl::string_view id) const;
  [[nodiscard]] const NoteTemplate* FindNote(absl::string_view id) const;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_RULEBOOK_H_
