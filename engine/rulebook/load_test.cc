#include "engine/rulebook/load.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

using google::protobuf::util::MessageDifferencer;

v1::Rulebook Loaded(const std::string& yaml) {
  const absl::StatusOr<LoadedRulebook> loaded = LoadYaml(yaml);
  EXPECT_TRUE(loaded.ok()) << Explained(loaded.status());
  return loaded.ok() ? loaded->rulebook : v1::Rulebook();
}

TEST(LoadTest, EachKindOfValueLandsInItsField) {
  const v1::Rulebook rulebook = Loaded(SampleYaml());
  EXPECT_EQ(rulebook.program(), "corner-shop");
  EXPECT_EQ(rulebook.points().redeem().minimum(), 100);
  EXPECT_TRUE(rulebook.earning_basis().has_after_discounts());
  EXPECT_FALSE(rulebook.earning_basis().after_discounts());
  EXPECT_EQ(rulebook.margin().category_cost().at("drinks/coffee"), "25%");
  ASSERT_EQ(rulebook.rules_size(), 4);
  EXPECT_EQ(rulebook.rules(1).priority(), 200);
  EXPECT_FALSE(rulebook.rules(2).has_priority());
  EXPECT_EQ(rulebook.rules(3).priority(), -5);
  EXPECT_EQ(rulebook.codes(1).format().symbols(), 16);
  EXPECT_EQ(rulebook.notes(0).text_size(), 2);
}

TEST(LoadTest, QuotesAreOptionalForTextsAndNumbers) {
  const v1::Rulebook rulebook = Loaded(
      "currency: 'EUR'\n"
      "rules:\n"
      "  - id: \"a\"\n"
      "    earn: {points: \"3\", per: 1.00}\n"
      "    discount: {percent: 5%}\n");
  EXPECT_EQ(rulebook.currency(), "EUR");
  EXPECT_EQ(rulebook.rules(0).earn().points(), 3);
  EXPECT_EQ(rulebook.rules(0).earn().per(), "1.00");
  EXPECT_EQ(rulebook.rules(0).discount().percent(), "5%");
}

TEST(LoadTest, BlockFlowAndJsonStyleMeanTheSame) {
  const v1::Rulebook block =
      Loaded("program: p\nrules:\n- id: a\n  earn:\n    points: 1\n");
  EXPECT_TRUE(MessageDifferencer::Equals(
      block, Loaded("{program: p, rules: [{id: a, earn: {points: 1}}]}")));
  EXPECT_TRUE(MessageDifferencer::Equals(
      block,
      Loaded(
          R"({"program": "p", "rules":[{"id":"a","earn":{"points":"1"}}]})")));
}

TEST(LoadTest, LineEndsAndByteOrderMarkOfWindowsAreTaken) {
  const std::string windows = absl::StrCat(
      "\xef\xbb\xbf", absl::StrReplaceAll(SampleYaml(), {{"\n", "\r\n"}}));
  EXPECT_TRUE(
      MessageDifferencer::Equals(Loaded(windows), Loaded(SampleYaml())));
}

TEST(LoadTest, EachValueKnowsItsPlace) {
  const absl::StatusOr<LoadedRulebook> loaded =
      LoadYaml("program: p\nrules:\n  - id: α\n    earn: {points: 5}\n");
  ASSERT_TRUE(loaded.ok());
  const Positions& positions = loaded->positions;
  EXPECT_TRUE(positions.Has("rules[0].earn.points"));
  EXPECT_EQ(positions.Of("rules[0].earn.points").line, 4);
  EXPECT_EQ(positions.Of("rules[0].earn.points").column, 20);
  EXPECT_FALSE(positions.Has("rules[0].earn.per"));
  EXPECT_EQ(positions.Of("rules[0].earn.per").line, 4);
  EXPECT_EQ(positions.Of("rules[0].earn.per").column, 11);
  EXPECT_EQ(positions.Of("rules[9].id").line, 3);
  EXPECT_EQ(positions.Of("notes").line, 1);
}

TEST(LoadTest, AllMistakesOfFormAreListedInTheOrderOfTheText) {
  const absl::Status status =
      LoadYaml("progam: p\nrules: 5\ncurrency: [EUR]\nprogram: p\n").status();
  EXPECT_EQ(ReasonOf(status), Reason::kRulebookInvalid);
  const std::vector<Violation> violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 3U);
  EXPECT_EQ(violations[0].field, "progam");
  EXPECT_EQ(violations[1].field, "rules");
  EXPECT_EQ(violations[2].field, "currency");
  EXPECT_EQ(status.message(),
            "line 1, column 1: progam: unknown key \"progam\"; did you mean "
            "\"program\"? (and 2 more)");
}

TEST(LoadTest, MoreThanFourMebibytesAreRefusedUnread) {
  const std::string spaces(kMaxYamlBytes - SampleYaml().size(), ' ');
  EXPECT_TRUE(LoadYaml(SampleYaml() + spaces).ok());
  const absl::Status status = LoadYaml(SampleYaml() + spaces + " ").status();
  EXPECT_EQ(ReasonOf(status), Reason::kRulebookInvalid);
  EXPECT_TRUE(absl::StrContains(status.message(), "4194304"));
}

TEST(LoadTest, NoMoreThanFiftyMistakesAreListedAndAllAreCounted) {
  std::string yaml;
  for (int i = 0; i < 300; ++i)
    absl::StrAppend(&yaml, "key-", i, ": 1\n");
  const absl::Status status = LoadYaml(yaml).status();
  EXPECT_TRUE(absl::EndsWith(status.message(), "(and 299 more)"));
  EXPECT_LE(ViolationsOf(status).size(), 50U);
}

}  // namespace
}  // namespace pistis
