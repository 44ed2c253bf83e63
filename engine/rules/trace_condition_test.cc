#include "engine/rules/trace_condition.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

#include "tests/support/builders.h"

namespace pistis {
namespace {

// "yes" or "no", then the parts that decided with what they compared.
std::string Explained(const std::string& condition,
                      const MemberFacts& member = {}) {
  const Rulebook rulebook = RulebookOf(absl::StrCat(
      "rules: [{id: r, when: '", condition, "', earn: {points: 1}}]"));
  const Order order = OrderOf({2500, 500});
  const Facts facts(order, member, absl::UnixEpoch());
  const Explanation why = ExplainCondition(rulebook.rules[0].when, facts);
  std::string text = why.failed ? "failed" : why.holds ? "yes" : "no";
  for (const DecidingPart& part : why.parts) {
    absl::StrAppend(&text, "; ", part.text, " ", part.holds ? "+" : "-");
    for (const ComparedValue& value : part.compared)
      absl::StrAppend(&text, " ", value.text, "=", value.value);
    if (!part.error.empty()) absl::StrAppend(&text, " ", part.error);
  }
  return text;
}

TEST(TraceConditionTest, OfPartsThatMustAllHoldTheFirstThatDoesNotDecides) {
  EXPECT_EQ(Explained("order.subtotal > 100 && member.orders >= 3 && "
                      "member.points > 5"),
            "no; member.orders >= 3 - member.orders=0");
}

TEST(TraceConditionTest, OfPartsThatAllHoldEachDecides) {
  EXPECT_EQ(Explained("order.subtotal > 100 && !member.known"),
            "yes; order.subtotal > 100 + order.subtotal=3000; member.known -");
}

TEST(TraceConditionTest, OfAlternativesTheOneThatHoldsDecides) {
  EXPECT_EQ(Explained("member.known || order.quantity == 2"),
            "yes; order.quantity == 2 + order.quantity=2");
  EXPECT_EQ(Explained("member.known || order.quantity == 3"),
            "no; member.known -; order.quantity == 3 - order.quantity=2");
}

TEST(TraceConditionTest, OfAChoiceTheConditionAndWhatItChoseDecide) {
  EXPECT_EQ(Explained("member.known ? true : order.shipping > 0"),
            "no; member.known -; order.shipping > 0 - order.shipping=0");
}

TEST(TraceConditionTest, AFailureNamesThePartAndTheMistake) {
  EXPECT_EQ(Explained("order.quantity > 0 && order.attributes[\"size\"] == "
                      "\"L\""),
            "failed; order.attributes[\"size\"] - order.attributes={} "
            "the map does not have this key");
}

TEST(TraceConditionTest, ComparedListsOfLinesAreCountedNotShown) {
  EXPECT_EQ(Explained("order.lines.exists(l, l.amount > 9000)"),
            "no; order.lines.exists(l, l.amount > 9000) - order.lines=2 items");
}

TEST(TraceConditionTest, LongTextIsCutBetweenCharacters) {
  std::string greek;
  for (int i = 0; i < 300; ++i)
    greek += "ω";
  const Rulebook rulebook = RulebookOf(
      "rules: [{id: r, when: 'order.channel == \"x\"', "
      "earn: {points: 1}}]");
  Order order = OrderOf({100});
  order.channel = greek;
  const MemberFacts member;
  const Facts facts(order, member, absl::UnixEpoch());
  const Explanation why = ExplainCondition(rulebook.rules[0].when, facts);
  ASSERT_EQ(why.parts.size(), 1U);
  const std::string& value = why.parts[0].compared.at(0).value;
  EXPECT_LE(value.size(), kMaxPartText + 3);
  EXPECT_EQ(value.substr(0, 3), "\"ω");
}

TEST(TraceConditionTest, WhatAMembersProfileSaysIsNotTold) {
  EXPECT_EQ(Explained("member.known || \"size\" in member.attributes"),
            "no; member.known -; \"size\" in member.attributes -");
  EXPECT_EQ(Explained("member.attributes[\"size\"] == \"L\""),
            "failed; member.attributes[\"size\"] - it could not be computed");
}

TEST(TraceConditionTest, ManyPartsAreBounded) {
  std::string condition = "order.quantity == 2";
  for (int i = 0; i < 100; ++i)
    condition += " && order.quantity == 2";
  const Rulebook rulebook = RulebookOf(absl::StrCat(
      "rules: [{id: r, when: '", condition, "', earn: {points: 1}}]"));
  const Order order = OrderOf({100, 100});
  const MemberFacts member;
  const Facts facts(order, member, absl::UnixEpoch());
  const Explanation why = ExplainCondition(rulebook.rules[0].when, facts);
  EXPECT_TRUE(why.holds);
  EXPECT_EQ(why.parts.size(), kMaxDecidingParts);
}

}  // namespace
}  // namespace pistis
