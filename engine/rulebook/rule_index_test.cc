#include "engine/rulebook/rule_index.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Rules r0, r1, ... that earn, each with these fields.
Rulebook BookOf(const std::vector<std::string>& rules) {
  std::string yaml = "program: shop\ncurrency: EUR\ntime_zone: UTC\nrules:\n";
  for (size_t i = 0; i < rules.size(); ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i, ", earn: {points: 1}, ", rules[i],
                    "}\n");
  }
  absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 1);
  EXPECT_TRUE(rulebook.ok()) << rulebook.status();
  return *std::move(rulebook);
}

const absl::CivilDay kMonday(2026, 1, 12);

std::vector<size_t> Found(const std::vector<std::string>& rules,
                          std::vector<OrderTrait> traits,
                          absl::CivilDay day = kMonday) {
  return BookOf(rules).index->Find(traits, day);
}

// Whether a rule with these fields is found for an order with the one trait.
bool Finds(const std::string& rule, OrderTrait trait) {
  return !Found({rule}, {trait}).empty();
}

TEST(RuleIndexTest, ARuleIsFoundByTheTextThatItNeeds) {
  const std::vector<std::string> rules = {
      "lines: line.sku == 'a'", "lines: '\"a\" == line.sku'",
      "lines: 'line.sku in [\"a\", \"b\"]'", "lines: line.sku == 'b'"};
  EXPECT_THAT(Found(rules, {{Trait::kSku, "a"}}), ElementsAre(0, 1, 2));
  EXPECT_THAT(Found(rules, {{Trait::kSku, "b"}}), ElementsAre(2, 3));
  EXPECT_THAT(Found(rules, {{Trait::kSku, "a"}, {Trait::kSku, "b"}}),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(Found(rules, {{Trait::kSku, "c"}, {Trait::kTag, "a"}}),
              IsEmpty());
}

TEST(RuleIndexTest, EachTraitTellsRulesApart) {
  const std::vector<std::string> rules = {
      "when: order.store == 'x'",    "when: order.channel == 'x'",
      "when: member.tier == 'x'",    "when: '\"x\" in member.segments'",
      "lines: '\"x\" in line.tags'", "lines: line.category == 'x'"};
  const Trait traits[] = {Trait::kStore,   Trait::kChannel, Trait::kTier,
                          Trait::kSegment, Trait::kTag,     Trait::kCategory};
  for (size_t i = 0; i < rules.size(); ++i)
    EXPECT_THAT(Found(rules, {{traits[i], "x"}}), ElementsAre(i));
}

TEST(RuleIndexTest, ABeginningIsFoundByEveryTextThatHasIt) {
  const std::vector<std::string> rules = {
      "lines: line.category.startsWith('drinks/')",
      "lines: line.category.startsWith('drinks/tea')",
      "lines: line.category.startsWith('')"};
  EXPECT_THAT(Found(rules, {{Trait::kCategory, "drinks/tea/green"}}),
              ElementsAre(0, 1, 2));
  EXPECT_THAT(Found(rules, {{Trait::kCategory, "drinks/"}}), ElementsAre(0, 2));
  EXPECT_THAT(Found(rules, {{Trait::kCategory, "drinks"}}), ElementsAre(2));
}

TEST(RuleIndexTest, OfPartsThatMustAllHoldAnyOneIsEnough) {
  const std::string rule =
      "when: 'order.subtotal > 5 && order.store == \"s\" && "
      "(member.orders > 1 || member.known)'";
  EXPECT_TRUE(Finds(rule, {Trait::kStore, "s"}));
  EXPECT_FALSE(Finds(rule, {Trait::kStore, "t"}));
}

TEST(RuleIndexTest, TheNeedThatFewestOtherRulesShareIsTaken) {
  const std::vector<std::string> rules = {
      "when: order.store == 's' && member.tier == 'gold'",
      "when: order.store == 's' && member.tier == 'silver'",
      "when: order.store == 's' && order.channel == 'pos'"};
  EXPECT_THAT(Found(rules, {{Trait::kStore, "s"}, {Trait::kTier, "gold"}}),
              ElementsAre(0));
}

TEST(RuleIndexTest, OfPartsOneOfWhichMustHoldAllAreFound) {
  const std::string rule =
      "lines: 'line.sku == \"a\" || (line.quantity > 1 && \"t\" in line.tags) "
      "|| order.store == \"s\"'";
  EXPECT_TRUE(Finds(rule, {Trait::kSku, "a"}));
  EXPECT_TRUE(Finds(rule, {Trait::kTag, "t"}));
  EXPECT_TRUE(Finds(rule, {Trait::kStore, "s"}));
  EXPECT_FALSE(Finds(rule, {Trait::kSku, "b"}));
}

TEST(RuleIndexTest, AConditionOnSomeLineIsFoundByTheLine) {
  const std::string rule =
      "when: 'order.lines.exists(l, l.sku == \"a\" && l.quantity > 1)'";
  EXPECT_TRUE(Finds(rule, {Trait::kSku, "a"}));
  EXPECT_FALSE(Finds(rule, {Trait::kSku, "b"}));
}

TEST(RuleIndexTest, WhatTellsNothingIsAlwaysFound) {
  for (const char* rule :
       {"priority: 1", "when: order.subtotal > 5", "lines: line.sku != 'a'",
        "lines: '!(line.sku == \"a\")'",
        "lines: 'line.sku == \"a\" || line.quantity > 1'",
        "lines: 'line.quantity > 1 || line.sku == \"a\"'",
        "lines: 'line.quantity > 1 ? line.sku == \"a\" : true'",
        "lines: line.sku.endsWith('a')", "lines: '\"a\".startsWith(line.sku)'",
        "lines: line.attributes.x == 'a'", "lines: line.sku == line.category",
        "when: 'order.lines.all(l, l.sku == \"a\")'",
        "lines: 'line.sku in {\"a\": 1}'"}) {
    EXPECT_TRUE(Finds(rule, {Trait::kSku, "z"})) << rule;
  }
}

// The same for rules over lists a, b and c.
std::vector<size_t> FoundWithLists(const std::vector<std::string>& rules,
                                   const std::vector<OrderTrait>& traits) {
  std::string yaml =
      "program: shop\ncurrency: EUR\ntime_zone: UTC\nlists:\n"
      "  - {id: a, skus: [tea, mug]}\n  - {id: b, skus: [mug, hat]}\n"
      "  - {id: c, skus: [hat]}\nrules:\n";
  for (size_t i = 0; i < rules.size(); ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i, ", earn: {points: 1}, ", rules[i],
                    "}\n");
  }
  const absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 1);
  EXPECT_TRUE(rulebook.ok()) << rulebook.status();
  return rulebook->index->Find(traits, kMonday);
}

TEST(RuleIndexTest, ARuleIsFoundByTheArticlesOfItsList) {
  const std::vector<std::string> rules = {
      "lines: line.sku in lists.a", "lines: line.sku in lists.b",
      "when: 'order.lines.exists(l, l.sku in lists[\"a\"])'",
      "lines: line.sku in lists.a || line.sku == 'hat'"};
  EXPECT_THAT(FoundWithLists(rules, {{Trait::kSku, "tea"}}),
              ElementsAre(0, 2, 3));
  EXPECT_THAT(FoundWithLists(rules, {{Trait::kSku, "mug"}}),
              ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(FoundWithLists(rules, {{Trait::kSku, "hat"}}), ElementsAre(1, 3));
  EXPECT_THAT(FoundWithLists(rules, {{Trait::kSku, "pen"}}), IsEmpty());
}

TEST(RuleIndexTest, AListCountsAsManyRulesAsLieOnItsBusiestArticle) {
  // Two rules are on the tag and one on each list, but three on the hat.
  const std::vector<std::string> rules = {
      "lines: 'line.sku in lists.b && \"x\" in line.tags'",
      "lines: '\"x\" in line.tags'", "lines: line.sku in lists.c",
      "lines: 'line.sku in lists[\"c\"] && line.quantity > 0'"};
  EXPECT_THAT(FoundWithLists(rules, {{Trait::kSku, "hat"}}), ElementsAre(2, 3));
  EXPECT_THAT(FoundWithLists(rules, {{Trait::kTag, "x"}}), ElementsAre(0, 1));
}

TEST(RuleIndexTest, ListsOfOtherTextsThanSkusTellNothing) {
  EXPECT_THAT(FoundWithLists({"lines: line.category in lists.a",
                              "lines: '!(line.sku in lists.a)'"},
                             {}),
              ElementsAre(0, 1));
}

TEST(RuleIndexTest, WhatIsInNoListIsNeverFound) {
  EXPECT_FALSE(Finds("lines: 'line.sku in []'", {Trait::kSku, "a"}));
}

TEST(RuleIndexTest, DatesAreFoundOnTheirDaysAlone) {
  const absl::CivilDay first(2026, 2, 27);
  for (int length = 1; length < 40; length += 3) {
    const absl::CivilDay last = first + (length - 1);
    const std::vector<std::string> rules = {
        absl::StrCat(
            "valid: {from: 2026-02-27, to: ", absl::FormatCivilTime(last), "}"),
        "valid: {from: 2026-02-27}", "valid: {to: 2026-02-27}"};
    EXPECT_THAT(Found(rules, {}, first - 1), ElementsAre(2));
    EXPECT_THAT(Found(rules, {}, first), ElementsAre(0, 1, 2));
    EXPECT_THAT(Found({rules[0]}, {}, last), ElementsAre(0));
    EXPECT_THAT(Found(rules, {}, last + 1), ElementsAre(1));
  }
  EXPECT_THAT(Found({"valid: {from: 2026-02-27}"}, {}, absl::CivilDay(9999)),
              ElementsAre(0));
}

TEST(RuleIndexTest, WeekdaysAreFoundOnTheirDaysAlone) {
  const std::vector<std::string> rules = {"valid: {days: [mon, wed]}",
                                          "valid: {days: [tue]}"};
  EXPECT_THAT(Found(rules, {}, kMonday), ElementsAre(0));
  EXPECT_THAT(Found(rules, {}, kMonday + 1), ElementsAre(1));
  EXPECT_THAT(Found(rules, {}, kMonday + 3), IsEmpty());
}

TEST(RuleIndexTest, HoursOverMidnightAreFoundOnTheNextDayToo) {
  const std::vector<std::string> rules = {
      "valid: {days: [sat], hours: \"22:00-02:00\"}",
      "valid: {from: 2026-01-10, to: 2026-01-10, hours: \"22:00-02:00\"}"};
  EXPECT_THAT(Found(rules, {}, kMonday - 3), IsEmpty());
  EXPECT_THAT(Found(rules, {}, kMonday - 2), ElementsAre(0, 1));
  EXPECT_THAT(Found(rules, {}, kMonday - 1), ElementsAre(0, 1));
  EXPECT_THAT(Found(rules, {}, kMonday), IsEmpty());
}

}  // namespace
}  // namespace pistis
