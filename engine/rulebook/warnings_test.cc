#include "engine/rulebook/warnings.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

using Finding = v1::RulebookFinding;
using Lines = std::vector<std::string>;

// A margin policy that leaves nothing to warn of.
constexpr absl::string_view kSafe =
    "margin: {unknown_cost: {assume: 70%}, order: {max_share_of_margin: 50%}, "
    "line: {never_below_cost: true}}\n";

std::vector<Finding> OversightsOf(const std::string& yaml) {
  const Checked<LoadedRulebook> form = CheckForm(yaml);
  EXPECT_TRUE(form.made) << yaml;
  if (!form.made) return {};
  const Checked<Rulebook> meaning = CheckMeaning(*form.made);
  EXPECT_TRUE(meaning.made)
      << yaml
      << (meaning.made ? "" : ProblemText(meaning.findings.problems[0]));
  if (!meaning.made) return {};
  return FindOversights(form.made->rulebook, *meaning.made,
                        absl::FromUnixSeconds(1'772'323'200));
}

// "NEVER_MATCHES a rules[0].when", for each oversight of the kinds at hand.
Lines Found(absl::string_view rest, const std::vector<Finding::Kind>& kinds) {
  Lines lines;
  for (const Finding& finding : OversightsOf(absl::StrCat(kHeader, rest))) {
    EXPECT_FALSE(finding.message().empty());
    if (std::find(kinds.begin(), kinds.end(), finding.kind()) == kinds.end()) {
      continue;
    }
    lines.push_back(absl::StrCat(Finding::Kind_Name(finding.kind()), " ",
                                 finding.id(), " ", finding.path()));
  }
  return lines;
}

bool NeverMatches(absl::string_view when) {
  return !Found(absl::StrCat("rules: [{id: a, earn: {points: 1}, when: '", when,
                             "'}]\n"),
                {Finding::NEVER_MATCHES})
              .empty();
}

TEST(WarningsTest, ASafeRulebookIsNotWarnedOf) {
  EXPECT_TRUE(
      OversightsOf(
          absl::StrCat(
              kHeader, kSafe,
              "rules: [{id: base, earn: {points: 1, per: \"1.00\"}}]\n"))
          .empty());
}

TEST(WarningsTest, AConditionThatIsFalseForEveryOrderIsNamed) {
  for (const char* when :
       {"false", "1 > 2", "member.known && 1 > 2",
        "amount(\"5.00\") < amount(\"4.00\")", "\"a\" in []"}) {
    EXPECT_TRUE(NeverMatches(when)) << when;
  }
  EXPECT_EQ(Found("rules: [{id: a, earn: {points: 1}, lines: 'false'}]\n",
                  {Finding::NEVER_MATCHES}),
            Lines{"NEVER_MATCHES a rules[0].lines"});
}

TEST(WarningsTest, ComparisonsThatExcludeEachOtherAreNamed) {
  for (const char* when :
       {"member.orders > 5 && member.orders < 3",
        "member.orders > 5 && member.known && member.orders <= 5",
        "order.subtotal >= amount(\"30.00\") && order.subtotal < 2000",
        "3 > member.orders && member.orders == 3",
        "member.orders == 1 && member.orders == 2",
        "member.orders == 4 && member.orders != 4",
        "order.channel == \"pos\" && order.channel == \"web\"",
        "order.channel == \"pos\" && order.channel != \"pos\"",
        "order.channel in [\"pos\", \"app\"] && order.channel == \"web\"",
        "member.known && !member.known",
        "member.known == false && (member.orders > 1 && member.known)"}) {
    EXPECT_TRUE(NeverMatches(when)) << when;
  }
}

TEST(WarningsTest, ConditionsThatSomeOrderMeetsAreLeftAlone) {
  for (const char* when :
       {"member.orders > 5 && member.orders < 7",
        "member.orders >= 5 && member.orders <= 5",
        "member.orders > 5 || member.orders < 3",
        "order.channel != \"pos\" && order.channel != \"web\"",
        "order.channel in [\"pos\", \"web\"] && order.channel == \"web\"",
        "member.orders > order.quantity && member.orders < order.quantity",
        "order.attributes[\"a\"] == \"x\" && order.attributes[\"b\"] == \"y\"",
        "member.orders != 3 && member.orders >= 3", "true"}) {
    EXPECT_FALSE(NeverMatches(when)) << when;
  }
}

TEST(WarningsTest, ARuleThatSaysTheSameTwiceIsNamedOnce) {
  EXPECT_EQ(Found("rules:\n"
                  "  - {id: a, when: member.known, earn: {points: 1}}\n"
                  "  - {id: b, when: member.known, earn: {points: 2}}\n"
                  "  - {id: c, when: member.known, earn: {points: 1}}\n",
                  {Finding::SHADOWED}),
            Lines{"SHADOWED c rules[2]"});
}

TEST(WarningsTest, ANoteThatIsNeverSentForAnotherOfItsKindIsNamed) {
  constexpr char kTwo[] =
      "notes:\n"
      "  - {id: x, kind: thank-you, channel: email, text: {en: Hi}%s}\n"
      "  - {id: y, kind: %s, channel: email, text: {en: Hi}}\n"
      "rules:\n"
      "  - {id: a, note: x%s}\n"
      "  - {id: b, note: y, when: member.known}\n";
  const auto two = [&](const char* first, const char* kind, const char* rule) {
    return Found(absl::StrFormat(kTwo, first, kind, rule), {Finding::SHADOWED});
  };
  const Lines untold = {"SHADOWED b rules[1].note"};
  EXPECT_EQ(two("", "thank-you", ""), untold);
  EXPECT_EQ(two("", "thank-you", ", when: member.known"), untold);
  EXPECT_EQ(two("", "other", ""), Lines());
  EXPECT_EQ(two(", priority: 50", "thank-you", ""), Lines());
  EXPECT_EQ(two("", "thank-you", ", when: member.orders == 1"), Lines());
  EXPECT_EQ(
      two("", "thank-you", ", limits: [{per: member, window: day, times: 1}]"),
      Lines());
}

TEST(WarningsTest, ADiscountWithoutALimitIsNamed) {
  const std::vector<Finding::Kind> kinds = {Finding::NO_BUDGET};
  EXPECT_EQ(Found("rules: [{id: a, discount: {percent: 5%}}]\n", kinds),
            Lines{"NO_BUDGET a rules[0].discount"});
  EXPECT_EQ(Found("codes: [{id: c, discount: {percent: 5%}}]\n", kinds),
            Lines{"NO_BUDGET c codes[0].discount"});
  EXPECT_EQ(
      Found("rules: [{id: a, discount: {percent: 5%, max: 9.00}}]\n", kinds),
      Lines());
  EXPECT_EQ(Found("rules: [{id: a, discount: {amount: 5.00}}]\n", kinds),
            Lines());
  EXPECT_EQ(Found("rules: [{id: a, discount: {percent: 5%}, limits: [{per: "
                  "member, discount: 60.00}]}]\n",
                  kinds),
            Lines());
  EXPECT_EQ(Found("margin: {order: {max_discount: 30%}}\n"
                  "rules: [{id: a, discount: {percent: 5%}}]\n",
                  kinds),
            Lines());
}

TEST(WarningsTest, ADiscountThatMaySellBelowCostIsNamed) {
  const std::vector<Finding::Kind> kinds = {Finding::BELOW_COST};
  constexpr absl::string_view kRule =
      "rules: [{id: a, discount: {amount: 5.00}}]\n";
  EXPECT_EQ(Found(kRule, kinds), Lines{"BELOW_COST a rules[0].discount"});
  EXPECT_EQ(Found(absl::StrCat("margin: {order: {max_discount: 30%}}\n", kRule),
                  kinds),
            Lines{"BELOW_COST a rules[0].discount"});
  EXPECT_EQ(Found(absl::StrCat(kSafe, kRule), kinds), Lines());
}

TEST(WarningsTest, ARuleThatNeverHasItsTurnInItsGroupIsNamed) {
  const std::vector<Finding::Kind> kinds = {Finding::SHADOWED};
  constexpr char kTwo[] =
      "rules:\n"
      "  - {id: a, priority: 200, stack: {group: g, mode: %s}, %s}\n"
      "  - {id: b, stack: {group: g, mode: %s}, %s}\n";
  const auto two = [&](const char* mode, const char* a, const char* b) {
    return Found(absl::StrFormat(kTwo, mode, a, mode, b), kinds);
  };
  const Lines shadowed = {"SHADOWED b rules[1]"};
  EXPECT_EQ(two("first", "discount: {amount: 1.00}",
                "when: member.known, discount: {amount: 2.00}"),
            shadowed);
  EXPECT_EQ(two("first", "when: member.known, discount: {amount: 1.00}",
                "when: member.known, discount: {amount: 2.00}"),
            shadowed);
  EXPECT_EQ(two("best", "discount: {amount: 1.00}", "discount: {amount: 2.00}"),
            Lines());
  EXPECT_EQ(two("first", "when: member.known, discount: {amount: 1.00}",
                "discount: {amount: 2.00}"),
            Lines());
  EXPECT_EQ(two("first",
                "discount: {amount: 1.00}, limits: [{per: member, times: 1}]",
                "discount: {amount: 2.00}"),
            Lines());
}

TEST(WarningsTest, WhatTheCalendarNeverAllowsIsNamed) {
  const std::vector<Finding::Kind> kinds = {Finding::NEVER_MATCHES};
  const auto valid = [&](const char* when) {
    return Found(
        absl::StrFormat("rules: [{id: a, earn: {points: 1}, valid: {%s}}]\n",
                        when),
        kinds);
  };
  const Lines never = {"NEVER_MATCHES a rules[0].valid"};
  // The rulebook starts on 1 March 2026, a Sunday.
  EXPECT_EQ(valid("to: 2026-02-28"), never);
  EXPECT_EQ(valid("to: 2026-02-27, hours: \"22:00-02:00\""), never);
  EXPECT_EQ(valid("to: 2026-02-28, hours: \"22:00-02:00\""), Lines());
  EXPECT_EQ(valid("to: 2026-03-01"), Lines());
  EXPECT_EQ(valid("from: 2026-03-02, to: 2026-03-03, days: [sun]"), never);
  EXPECT_EQ(valid("from: 2026-03-02, to: 2026-03-08, days: [sun]"), Lines());
}

TEST(WarningsTest, WhatGoesOnForEverIsNamed) {
  const std::vector<Finding::Kind> kinds = {Finding::NO_END};
  EXPECT_EQ(Found("rules:\n"
                  "  - {id: a, discount: {amount: 1.00}}\n"
                  "  - {id: b, discount: {amount: 2.00}, valid: {to: "
                  "2026-12-31}}\n"
                  "  - {id: c, earn: {points: 1}}\n"
                  "  - {id: d, earn: {points: 2}, valid: {from: "
                  "2026-01-01}}\n",
                  kinds),
            (Lines{"NO_END a rules[0].valid", "NO_END d rules[3].valid"}));
}

TEST(WarningsTest, TemplatesThatNoRuleNamesAreNamed) {
  EXPECT_EQ(Found("rules: [{id: a, issue_code: used, note: used}]\n"
                  "codes:\n"
                  "  - {id: used, discount: {amount: 5.00}}\n"
                  "  - {id: idle, discount: {amount: 5.00}}\n"
                  "notes:\n"
                  "  - {id: idle, channel: sms, text: {en: Hi}}\n"
                  "  - {id: used, channel: sms, text: {en: Hi}}\n",
                  {Finding::UNUSED}),
            (Lines{"UNUSED idle codes[1]", "UNUSED idle notes[0]"}));
}

TEST(WarningsTest, CodesThatNeverExpireAreNamed) {
  EXPECT_EQ(Found("codes:\n"
                  "  - {id: a, discount: {amount: 5.00}}\n"
                  "  - {id: b, discount: {amount: 5.00}, expires: 60d}\n",
                  {Finding::NO_END}),
            Lines{"NO_END a codes[0]"});
}

TEST(WarningsTest, AListThatIsEmptyOrThatNobodyAsksForIsNamed) {
  EXPECT_EQ(Found("lists:\n  - {id: empty}\n  - {id: bought, skus: [a]}\n"
                  "  - {id: sold, skus: [a]}\n  - {id: typed, skus: [a]}\n"
                  "  - {id: idle-1, skus: [a]}\n"
                  "rules:\n  - id: a\n    lines: line.sku in lists.sold\n"
                  "    discount: {buy: {quantity: 1, lines: line.sku in "
                  "lists.bought}, get: {}}\n"
                  "codes: [{id: c, discount: {percent: 5%}, lines: line.sku in "
                  "lists.typed && !(line.sku in lists.empty)}]\n",
                  {Finding::NEVER_MATCHES, Finding::UNUSED}),
            (Lines{"UNUSED c codes[0]", "NEVER_MATCHES empty lists[0]",
                   "UNUSED idle-1 lists[4]"}));
}

}  // namespace
}  // namespace pistis
