// Tiers, segments, and the rules that give something for them.
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/mistake.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

Rulebook WithMembers(absl::string_view yaml) {
  absl::StatusOr<Rulebook> rulebook =
      CompileYaml(absl::StrCat(kHeader, yaml), 1);
  EXPECT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  return rulebook.ok() ? *std::move(rulebook) : Rulebook();
}

TEST(CompileMembersTest, TiersAreTakenLowestFirst) {
  const Rulebook rulebook = WithMembers(R"(tiers:
  - {id: silver, qualify: {spend: "500.00", within: 365d}, keep_for: 90d}
  - {id: gold, qualify: {spend: "500.00", orders: 10, tier_points: 3}}
)");
  ASSERT_EQ(rulebook.tiers.size(), 2U);
  const Tier& silver = rulebook.tiers[0];
  EXPECT_EQ(silver.id, "silver");
  EXPECT_EQ(silver.qualify.spend, Money(50000));
  EXPECT_EQ(silver.qualify.within_days, 365);
  EXPECT_EQ(silver.keep_days, 90);
  const Tier& gold = rulebook.tiers[1];
  EXPECT_EQ(gold.qualify.orders, 10);
  EXPECT_EQ(gold.qualify.tier_points, Points(3));
  EXPECT_EQ(gold.qualify.within_days, std::nullopt);
  EXPECT_EQ(gold.keep_days, std::nullopt);
}

TEST(CompileMembersTest, SegmentsAndWhatRulesDoForThemAreTaken) {
  const Rulebook rulebook = WithMembers(R"(segments:
  - {id: fans}
  - {id: vip, when: member.tier == "gold" && member.spend > 0}
rules:
  - {id: a, segment: fans, tier_points: {points: 2, per: "1.00"}}
)");
  ASSERT_EQ(rulebook.segments.size(), 2U);
  EXPECT_EQ(rulebook.segments[0].when, nullptr);
  EXPECT_NE(rulebook.segments[1].when, nullptr);
  const Rule& rule = rulebook.rules[0];
  EXPECT_EQ(rule.segment, 0U);
  ASSERT_TRUE(rule.tier_points);
  EXPECT_EQ(std::get<EarnPoints>(*rule.tier_points).per, Money(100));
  EXPECT_FALSE(rule.earn);
}

TEST(CompileMembersTest, WhatIsNotAlwaysAtHandIsNoted) {
  const Rulebook plain = WithMembers(
      "segments: [{id: a, when: member.known && member.orders > 1}]\n"
      "rules: [{id: a, when: member.tier == 'x', earn: {points: 1}}]\n");
  EXPECT_FALSE(plain.asks_profile);
  EXPECT_FALSE(plain.segments_follow_time);
  for (const char* yaml :
       {"rules: [{id: a, when: has(member.birthday), earn: {points: 1}}]\n",
        "rules: [{id: a, lines: \"member.attributes['a'] == 'b'\", earn: "
        "{points: 1}}]\n",
        "segments: [{id: a, when: \"member.attributes['a'] == 'b'\"}]\n",
        "codes: [{id: a, discount: {percent: 5%}, when: has(member.joined)}]\n",
        "rules: [{id: a, discount: {buy: {quantity: 1, lines: "
        "has(member.joined)}, get: {}}}]\n"}) {
    EXPECT_TRUE(WithMembers(yaml).asks_profile) << yaml;
  }
  const Rulebook timed =
      WithMembers("segments: [{id: a, when: now > member.joined}]\n");
  EXPECT_TRUE(timed.asks_profile);
  EXPECT_TRUE(timed.segments_follow_time);
}

TEST(CompileMembersTest, MistakesOfTiersArePointedOut) {
  constexpr absl::string_view kTier = "tiers:\n  - id: a\n    ";
  const auto tier = [&](absl::string_view rest) {
    return absl::StrCat(kTier, rest);
  };
  ExpectAllPointedOut({
      {"tiers:\n  - @@id: a\n", "add qualify"},
      {tier("qualify: @@{within: 30d}\n"), "add spend"},
      {tier("qualify: {spend: @@\"0.00\"}\n"), "above zero"},
      {tier("qualify: {spend: @@many}\n"), "not an amount"},
      {tier("qualify: {orders: @@0}\n"), "write 1 to"},
      {tier("qualify: {tier_points: @@-5}\n"), "write 1 to"},
      {tier("qualify: {orders: 1, within: @@30}\n"), "write 30d"},
      {tier("qualify: {orders: 1, within: @@732d}\n"), "longer than 731d"},
      {tier("qualify: {orders: 1}\n    keep_for: @@0d\n"), "write 1d to"},
      {tier("qualify: {orders: 1}\n    @@keep: 5d\n"),
       "known here: id, qualify, keep_for"},
      {tier("qualify: {orders: 5}\n  - id: @@a\n    qualify: {orders: 9}\n"),
       "taken"},
      {tier("qualify: {orders: 5}\n  - id: b\n    qualify: @@{orders: 4}\n"),
       "lowest tier first"},
  });
}

TEST(CompileMembersTest, MistakesOfSegmentsArePointedOut) {
  ExpectAllPointedOut({
      {"segments: [{id: @@Fans}]\n", "not an id"},
      {"segments: [{id: a, when: \"@@order.subtotal > 0\"}]\n", "order"},
      {"segments: [{id: a, when: \"member.@@teir == ''\"}]\n", "did you mean"},
      {"segments: [{id: fans}]\n"
       "rules:\n  - id: a\n    segment: @@fan\n",
       "did you mean \"fans\"?"},
      {"segments: [{id: fans, when: member.known}]\n"
       "rules:\n  - id: a\n    segment: @@fans\n",
       "has a condition"},
      {"rules:\n  - id: a\n    tier_points: {multiply: @@\"2\"}\n",
       "for earn alone"},
  });
}

}  // namespace
}  // namespace pistis
