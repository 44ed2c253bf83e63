// Budgets, and the mistakes one can make there.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/mistake.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

std::string Budget(absl::string_view rest) {
  return absl::StrCat("budgets:\n  - {id: a, ", rest, "}\n");
}

TEST(BudgetsTest, OneThatNobodyNamesCountsEverything) {
  const auto rulebook = CompileYaml(
      absl::StrCat(
          kHeader,
          "budgets:\n"
          "  - {id: all, per: program, window: month, max_discount: "
          "\"4%\"}\n"
          "  - {id: of-rule, per: member, window: 30d, max_discount: "
          "\"60.00\", max_points: 5000}\n"
          "  - {id: of-code, per: store, max_times: 7}\n"
          "  - {id: of-event, per: rule, window: week, max_points: 1}\n"
          "rules:\n"
          "  - {id: ten, discount: {percent: \"10%\"}, budget: "
          "of-rule}\n"
          "  - {id: visit, on: visit, earn: {points: 5}, budget: "
          "of-event}\n"
          "codes:\n"
          "  - {id: c, discount: {percent: \"10%\"}, budget: "
          "of-code}\n"),
      1);
  ASSERT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  ASSERT_EQ(rulebook->budgets.size(), 4U);
  const pistis::Budget& all = rulebook->budgets[0];
  EXPECT_TRUE(all.counts_all);
  ASSERT_TRUE(all.max_share);
  EXPECT_EQ(all.max_share->OfDown(Money(1000)), Money(40));
  EXPECT_EQ(all.window, LimitWindow::kMonth);
  EXPECT_FALSE(all.max_discount);
  const pistis::Budget& of_rule = rulebook->budgets[1];
  EXPECT_FALSE(of_rule.counts_all);
  EXPECT_EQ(of_rule.scope, BudgetScope::kMember);
  EXPECT_EQ(of_rule.window, LimitWindow::kDay);
  EXPECT_EQ(of_rule.windows, 30);
  EXPECT_EQ(of_rule.max_discount, Money(6000));
  EXPECT_EQ(of_rule.max_points, Points(5000));
  EXPECT_FALSE(rulebook->budgets[2].counts_all);
  EXPECT_EQ(rulebook->budgets[2].max_times, 7);
  EXPECT_FALSE(rulebook->budgets[3].counts_all);
  EXPECT_EQ(rulebook->rules[0].budget, 1U);
  EXPECT_EQ(rulebook->event_rules[0].budget, 3U);
  EXPECT_EQ(rulebook->codes[0].budget, 2U);
}

TEST(BudgetsTest, MistakesArePointedOut) {
  ExpectAllPointedOut({
      {"budgets:\n  - @@{id: a, max_points: 5}\n", "add per: program"},
      {"budgets:\n  - @@{id: a, per: program}\n", "limits nothing"},
      {Budget("per: @@programme, max_points: 5"), "did you mean \"program\"?"},
      {Budget("per: program, window: @@fortnight, max_points: 5"),
       "write day or week or month or year"},
      {Budget("per: program, window: @@400d, max_points: 5"), "366d"},
      {Budget("per: program, max_points: @@0"), "write 1 to"},
      {Budget("per: program, max_times: @@-1"), "write 1 to"},
      {Budget("per: program, max_discount: @@\"lots\""), "write it as"},
      {Budget("per: program, max_discount: @@\"0.00\""), "must be above zero"},
      {Budget("per: program, max_discount: @@\"140%\""), "at most \"100%\""},
      {Budget("per: program, window: 30d, max_discount: @@\"4%\""),
       "write window: month"},
      {Budget("per: rule, max_discount: @@\"4%\""), "a rule has none"},
      {Budget("per: campaign, max_discount: @@\"4%\""), "write per: program"},
      {"budgets:\n  - {id: a, per: program, max_points: 5}\n"
       "  - {id: @@a, per: store, max_points: 5}\n",
       "a"},
      {absl::StrCat(Budget("per: program, max_points: 5"),
                    "rules:\n  - {id: r, earn: {points: 1}, budget: @@b}\n"),
       "budget"},
      {absl::StrCat(Budget("per: program, max_points: 5"),
                    "rules:\n  - {id: r, note: n, budget: @@a}\n"
                    "notes:\n  - {id: n, channel: email, text: {en: hi}}\n"),
       "the rule gives neither"},
      {absl::StrCat(Budget("per: store, max_points: 5"),
                    "rules:\n  - {id: r, on: visit, earn: {points: 1}, "
                    "budget: @@a}\n"),
       "name a budget per program"},
      {absl::StrCat(Budget("per: program, max_points: 5"),
                    "codes:\n  - {id: c, discount: {amount: \"1.00\"}, "
                    "budget: @@b}\n"),
       "budget"},
  });
}

TEST(BudgetsTest, ThereAreNotTooMany) {
  std::string yaml = "budgets:\n  @@";
  for (int i = 0; i < 51; ++i) {
    absl::StrAppend(&yaml, i == 0 ? "" : "  ", "- {id: b", i,
                    ", per: program, max_points: 5}\n");
  }
  ExpectAllPointedOut({{yaml, "at most 50"}});
}

}  // namespace
}  // namespace pistis
