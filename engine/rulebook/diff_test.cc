#include "engine/rulebook/diff.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

#include "engine/rulebook/load.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

using Texts = std::vector<std::string>;

v1::Rulebook Loaded(const std::string& yaml) {
  const absl::StatusOr<LoadedRulebook> loaded = LoadYaml(yaml);
  EXPECT_TRUE(loaded.ok()) << Explained(loaded.status()) << yaml;
  return loaded.ok() ? loaded->rulebook : v1::Rulebook();
}

Texts Between(const std::string& from, const std::string& to) {
  Texts texts;
  for (const RulebookChange& change :
       Differences(Loaded(absl::StrCat(kHeader, from)),
                   Loaded(absl::StrCat(kHeader, to)))) {
    texts.push_back(change.text);
  }
  return texts;
}

TEST(DiffTest, TheSameRulebookHasNoDifferences) {
  EXPECT_EQ(Between("", ""), Texts());
  const v1::Rulebook sample = Loaded(SampleYaml());
  EXPECT_TRUE(Differences(sample, sample).empty());
}

TEST(DiffTest, AChangedValueIsToldByTheIdOfItsRule) {
  EXPECT_EQ(Between("rules: [{id: coffee-double, earn: {multiply: 2}}]\n",
                    "rules: [{id: coffee-double, earn: {multiply: 3}}]\n"),
            Texts{"rule coffee-double: earn multiply 2 -> 3"});
  const std::vector<RulebookChange> changes =
      Differences(Loaded("rules: [{id: a, earn: {multiply: 2}}]\n"),
                  Loaded("rules: [{id: a, earn: {multiply: 3}}]\n"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].path, "rules[a].earn.multiply");
}

TEST(DiffTest, OfAListIsToldWhatCameAndWhatWent) {
  EXPECT_EQ(Between("lists: [{id: summer, skus: [a, b, c]}]\n",
                    "lists: [{id: summer, skus: [d, c, e, b]}]\n"),
            Texts{"list summer: skus 2 added (d, e), 1 removed (a)"});
  EXPECT_EQ(Between("lists: [{id: summer, skus: [a, b]}]\n",
                    "lists: [{id: summer, skus: [b, a]}]\n"),
            Texts());
  EXPECT_EQ(Between("lists: [{id: summer}]\n",
                    "lists: [{id: summer, skus: [1, 2, 3, 4, 5, 6]}]\n"),
            Texts{"list summer: skus 6 added (1, 2, 3, 4, 5, ...)"});
  EXPECT_EQ(Between("lists: [{id: summer, skus: [a]}]\n",
                    "lists: [{id: winter, skus: [a]}]\n"),
            (Texts{"list summer: removed", "list winter: added"}));
}

TEST(DiffTest, CapsAndPoliciesAreNamed) {
  EXPECT_EQ(
      Between("margin: {order: {max_discount: 30%}, on_exceed: trim}\n"
              "points: {value: 0.01, redeem: {minimum: 100}}\n",
              "margin: {order: {max_discount: 25%}, on_exceed: refuse}\n"
              "points: {value: 0.02, redeem: {minimum: 50}}\n"),
      (Texts{"points value 0.01 -> 0.02", "points redeem minimum 100 -> 50",
             "cap order max_discount 30% -> 25%",
             "margin on_exceed trim -> refuse"}));
}

TEST(DiffTest, EntriesThatComeAndGoAreNamedWhole) {
  EXPECT_EQ(Between("rules:\n  - {id: b, note: hi}\n  - {id: a, earn: {points: "
                    "1}}\ncodes: [{id: c, discount: {percent: 5%}}]\n",
                    "rules:\n  - {id: a, earn: {points: 1}}\n  - {id: x, "
                    "earn: {points: 9}}\nnotes: [{id: n, channel: sms}]\n"),
            (Texts{"rule b: removed", "rule x: added", "code c: removed",
                   "note n: added"}));
}

TEST(DiffTest, WhereAnEntryStandsInItsListIsNoDifference) {
  EXPECT_EQ(Between("rules:\n  - {id: a, earn: {points: 1}}\n  - {id: b, earn: "
                    "{points: 2}}\n",
                    "rules:\n  - {id: b, earn: {points: 2}}\n  - {id: a, earn: "
                    "{points: 1}}\n"),
            Texts());
}

TEST(DiffTest, WhatIsStatedOnOneSideAloneIsToldAgainstNone) {
  EXPECT_EQ(Between("rules: [{id: a, discount: {percent: 5%, max: \"1.00\"}}]\n"
                    "points: {expire: {after: 9d}}\n",
                    "rules: [{id: a, discount: {percent: 5%}, priority: 0}]\n"),
            (Texts{"points expire after 9d -> none",
                   "rule a: discount max 1.00 -> none",
                   "rule a: priority none -> 0"}));
}

TEST(DiffTest, MapsAreComparedByKeyAndListsWithoutIdsByPlace) {
  EXPECT_EQ(
      Between("margin: {category_cost: {drinks/coffee: 25%, tea: 10%}}\n"
              "rules: [{id: a, earn: {steps: [{up_to: \"5.00\", points: 1}, "
              "{points: 2}]}}]\n",
              "margin: {category_cost: {drinks/coffee: 30%, milk: 9%}}\n"
              "rules: [{id: a, earn: {steps: [{up_to: \"6.00\", points: "
              "1}]}}]\n"),
      (Texts{"margin category_cost drinks/coffee 25% -> 30%",
             "margin category_cost milk none -> 9%",
             "margin category_cost tea 10% -> none",
             "rule a: earn steps 0 up_to 5.00 -> 6.00",
             "rule a: earn steps 1 removed"}));
}

TEST(DiffTest, ConditionsAreQuoted) {
  EXPECT_EQ(Between("rules: [{id: a, when: member.orders >= 3}]\n",
                    "rules: [{id: a, when: member.orders >= 4}]\n"),
            Texts{"rule a: when \"member.orders >= 3\" -> \"member.orders >= "
                  "4\""});
}

TEST(DiffTest, ALongTextIsShownFromWhereItDiffers) {
  const std::string same(300, 'x');
  const Texts texts = Between(
      absl::StrCat("notes: [{id: n, text: {en: \"", same, " old ä\"}}]\n"),
      absl::StrCat("notes: [{id: n, text: {en: \"", same, " new ä\"}}]\n"));
  const std::string tail(19, 'x');
  EXPECT_EQ(texts, Texts{absl::StrCat("note n: text en \"...", tail,
                                      " old ä\" -> \"...", tail, " new ä\"")});
}

TEST(DiffTest, EveryStatementOfARulebookIsSeen) {
  const v1::Rulebook sample = Loaded(SampleYaml());
  v1::Rulebook bare;
  const size_t stated = Differences(bare, sample).size();
  EXPECT_GT(stated, 20U);
  EXPECT_EQ(Differences(sample, bare).size(), stated);
}

}  // namespace
}  // namespace pistis
