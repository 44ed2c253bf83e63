// What a case's program says, as a rulebook.
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "gtest/gtest.h"

#include "tests/golden/peer_promotions.h"
#include "tests/golden/peer_shop.h"

namespace pistis::golden {
namespace {

using google::protobuf::Value;

// What one point pays, of "money_per_step" for "points_step" points.
std::string WorthOf(const Json& redeem) {
  const Value& money = redeem.fields().at("money_per_step");
  if (money.has_string_value()) return money.string_value();
  Value each;
  each.set_number_value(money.number_value() /
                        redeem.fields().at("points_step").number_value());
  return AmountOf(each);
}

std::string RedeemPart(const Json& redeem) {
  std::string text = absl::StrCat("step: ", TextOf(redeem, "points_step"));
  if (const std::string least = TextOf(redeem, "min_points"); !least.empty()) {
    absl::StrAppend(&text, ", minimum: ", least);
  }
  if (const std::string most = TextOf(redeem, "max_percent_of_order");
      !most.empty()) {
    absl::StrAppend(&text, ", max_share: \"", most, "%\"");
  }
  return text;
}

// What a points program says of how its rules go together.
class EarnWriter {
 public:
  explicit EarnWriter(const Json& program) : program_(program) {}

  [[nodiscard]] std::string Write() {
    std::string text;
    for (const Json& rule : PartsOf(program_, "earn")) {
      ++number_;
      if (TextOf(rule, "enabled") == "false") continue;
      absl::StrAppend(&text, RuleOf(rule));
    }
    return text;
  }

 private:
  // What a customer does; birthdays come by themselves.
  [[nodiscard]] std::string EventRuleOf(const Json& earn) const {
    const std::string event = TextOf(earn, "event");
    const std::string to = TextOf(earn, "to");
    return absl::StrCat(
        "  - {id: r", number_,
        ", on: ", event == "birthday" ? "member.birthday" : event,
        ", earn: {points: ", TextOf(earn, "points"), "}",
        to.empty() ? "" : absl::StrCat(", valid: {to: ", to, "}"), "}\n");
  }

  [[nodiscard]] std::string RuleOf(const Json& earn) const {
    if (TextOf(earn, "per") == "event") return EventRuleOf(earn);
    const std::string id = TextOf(earn, "id");
    const std::string from = TextOf(earn, "from");
    std::string text = absl::StrCat(
        "  - {id: \"", id.empty() ? absl::StrCat("r", number_) : id,
        "\", earn: {", ShapeOf(earn), "}, priority: ",
        Has(earn, "priority") ? NumberOf(earn, "priority") : number_,
        StackOf(earn));
    if (!from.empty()) absl::StrAppend(&text, ", valid: {from: ", from, "}");
    if (Has(earn, "bonus") && Has(program_, "bonus_requires_base")) {
      absl::StrAppend(
          &text, ", when: 'order.remaining >= amount(\"",
          AmountOf(ValueOf(PartsOf(program_, "earn").front(), "step")), "\")'");
    }
    if (Has(PartOf(earn, "limits"), "per_member_per_day")) {
      absl::StrAppend(&text, ", limits: [{per: member, window: day, times: ",
                      TextOf(PartOf(earn, "limits"), "per_member_per_day"),
                      "}]");
    }
    return absl::StrCat(text, "}\n");
  }

  static std::string ShapeOf(const Json& earn) {
    if (Has(earn, "multiplier")) {
      return absl::StrCat("multiply: \"", TextOf(earn, "multiplier"), "\"");
    }
    if (Has(earn, "bonus")) {
      return absl::StrCat("points: ", TextOf(earn, "bonus"));
    }
    const std::string points = absl::StrCat("points: ", TextOf(earn, "points"));
    const std::string per = TextOf(earn, "per");
    if (per == "unit") return absl::StrCat(points, ", per_unit: true");
    if (per != "amount") return points;
    return absl::StrCat(points, ", per: \"", AmountOf(ValueOf(earn, "step")),
                        "\"");
  }

  [[nodiscard]] std::string StackOf(const Json& earn) const {
    if (TextOf(program_, "combine") == "best") {
      return ", stack: {group: all, mode: best}";
    }
    // The later one has the higher priority.
    if (Has(earn, "created")) return ", stack: {group: newest, mode: first}";
    if (Has(earn, "stackable")) {
      return ", stack: {group: alone, mode: first, excludes: [others]}";
    }
    return ", stack: {group: others}";
  }

  const Json& program_;
  int number_ = 0;
};

// The days of a window, and its days of the week.
std::string ValidOf(const Json& when) {
  static constexpr const char* kDays[] = {"mon", "tue", "wed", "thu",
                                          "fri", "sat", "sun"};
  std::vector<std::string> parts;
  if (Has(when, "from")) {
    parts.push_back("from: " + TextOf(when, "from").substr(0, 10));
  }
  if (Has(when, "to")) {
    // Until midnight: the day before is the last.
    absl::CivilDay day;
    EXPECT_TRUE(absl::ParseCivilTime(TextOf(when, "to").substr(0, 10), &day));
    parts.push_back("to: " + absl::FormatCivilTime(day - 1));
  }
  if (Has(when, "iso_weekdays")) {
    std::vector<std::string> days;
    const Value list = ValueOf(when, "iso_weekdays");
    for (const Value& day : list.list_value().values()) {
      days.emplace_back(kDays[static_cast<int>(day.number_value()) - 1]);
    }
    parts.push_back(absl::StrCat("days: [", absl::StrJoin(days, ", "), "]"));
  }
  return absl::StrJoin(parts, ", ");
}

std::string TierOf(const Json& level) {
  return absl::StrCat("  - {id: ", absl::AsciiStrToLower(TextOf(level, "id")),
                      ", qualify: {spend: \"", TextOf(level, "from"),
                      ".00\"}}\n");
}

std::string RoundingOf(const Json& program) {
  const std::string theirs = TextOf(program, "rounding");
  if (theirs == "floor") return "down";
  return theirs == "ceil" ? "up" : "half_up";
}

// Reads the parts of a program one by one.
class Writer {
 public:
  void Add(const Json& part) {
    const auto& fields = part.fields();
    if (const auto redeem = fields.find("redeem"); redeem != fields.end()) {
      worth_ = WorthOf(redeem->second.struct_value());
      redeem_ = RedeemPart(redeem->second.struct_value());
    }
    if (Has(part, "earn")) absl::StrAppend(&rules_, EarnWriter(part).Write());
    if (Has(part, "rounding")) rounding_ = RoundingOf(part);
    if (const std::string days = TextOf(part, "expire_after_days");
        !days.empty()) {
      expire_ = absl::StrCat(", expire: {after: ", days, "d}");
    }
    for (const Json& level : PartsOf(part, "levels")) {
      // From nothing on is no tier at all here.
      if (TextOf(level, "from") != "0") {
        absl::StrAppend(&tiers_, TierOf(level));
      }
    }
    if (const auto taxes = fields.find("include_taxes");
        taxes != fields.end()) {
      taxed_ = taxes->second.bool_value();
      absl::StrAppend(&rules_,
                      "  - {id: basis, earn: {points: 1, per: \"0.01\"}}\n");
    }
    if (Has(part, "when") && !Has(part, "apply"))
      AddCheck(PartOf(part, "when"));
  }

  void AddStep(const Json& step) {
    forgive_ = forgive_ || TextOf(step, "policy") == "clamp_to_zero";
    for (const Json& item : PartsOf(step, "basket")) {
      on_top_ = on_top_ || TextOf(item, "tax_mode") == "excl";
    }
  }

  [[nodiscard]] std::string Text(const PromotionText& promotions) const {
    return absl::StrCat(
        "points: {value: \"", worth_, "\", redeem: {", redeem_, "}", expire_,
        ", refund_shortfall: ", forgive_ ? "forgive" : "negative", "}\n",
        "earning_basis: {tax: ", taxed_ ? "included" : "excluded", "}\n",
        "tax: {prices_include_tax: ", on_top_ ? "false" : "true", "}\n",
        "rounding: {points: ", rounding_, "}\n",
        "segments: [{id: g, when: '\"group\" in member.attributes && "
        "member.attributes[\"group\"] == \"G\"'}]\n",
        tiers_.empty() ? "" : absl::StrCat("tiers:\n", tiers_), "rules:\n",
        rules_, promotions.rules,
        // Points that a case credits for an order: a cent each.
        "  - {id: credit, lines: '\"credit\" in line.tags', "
        "earn: {points: 1, per: \"0.01\"}, stack: {group: others}}\n",
        promotions.codes.empty() ? ""
                                 : absl::StrCat("codes:\n", promotions.codes));
  }

 private:
  void AddCheck(const Json& when) {
    absl::StrAppend(&rules_,
                    "  - {id: check, when: 'order.subtotal >= amount(\"",
                    AmountOf(ValueOf(when, "min_order_total")),
                    "\")', earn: {points: 1}, valid: {", ValidOf(when), "}}\n");
  }

  std::string worth_ = "0.01";
  std::string expire_;
  std::string redeem_ = "step: 1";
  std::string rules_;
  std::string tiers_;
  std::string rounding_ = "down";
  bool taxed_ = true;
  bool on_top_ = false;
  bool forgive_ = false;
};

}  // namespace

std::string PeerRulebook(const Json& scenario) {
  Writer writer;
  for (const Json& part : PartsOf(scenario, "program"))
    writer.Add(part);
  for (const Json& step : PartsOf(scenario, "steps"))
    writer.AddStep(step);
  return writer.Text(WritePromotions(scenario));
}

}  // namespace pistis::golden
