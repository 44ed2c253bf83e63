// What sets rules off, and the mistakes one can make there.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/mistake.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

std::string On(absl::string_view rest) {
  return absl::StrCat("rules:\n  - id: a\n    on: ", rest);
}

Rulebook WithTriggers(absl::string_view rest) {
  const auto rulebook = CompileYaml(absl::StrCat(kHeader, rest), 1);
  EXPECT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  return rulebook.ok() ? *rulebook : Rulebook();
}

TEST(TriggersTest, RulesOnEventsStandApartFromThoseOfOrders) {
  const Rulebook rulebook = WithTriggers(
      "rules:\n"
      "  - {id: base, on: order.committed, earn: {points: 1, per: \"1.00\"}}\n"
      "  - {id: b, on: member.birthday, earn: {points: 5}}\n"
      "  - {id: a, on: review.written, earn: {points: 7}}\n"
      "  - {id: first, on: visit, priority: 200, earn: {points: 7}}\n");
  ASSERT_EQ(rulebook.rules.size(), 1U);
  ASSERT_EQ(rulebook.event_rules.size(), 3U);
  EXPECT_EQ(rulebook.event_rules[0].id, "first");
  EXPECT_EQ(rulebook.event_rules[1].event, "review.written");
  EXPECT_EQ(rulebook.event_rules[1].trigger, Trigger::kActivity);
  EXPECT_EQ(rulebook.event_rules[2].trigger, Trigger::kMemberBirthday);
  EXPECT_TRUE(rulebook.HasRuleOn("visit"));
  EXPECT_FALSE(rulebook.HasRuleOn("tier.changed"));
}

TEST(TriggersTest, ConditionsAskForWhatTheirEventHas) {
  WithTriggers(
      "points: {expire: {after: 30d}, expiring_notice: 7d}\n"
      "rules:\n"
      "  - {id: a, on: member.birthday, when: event.years >= 18 && "
      "member.orders > 0 && now >= event.time, earn: {points: 1}}\n"
      "  - {id: b, on: tier.changed, when: event.up && event.new_tier != "
      "event.old_tier, earn: {points: 1}}\n"
      "  - {id: c, on: points.expiring, when: event.points > 10 && "
      "event.expires > now, earn: {points: 1}}\n"
      "  - {id: d, on: order.refunded, when: event.whole && "
      "event.refund_minor > amount(\"1.00\"), earn: {points: 1}}\n"
      "  - {id: e, when: now > member.joined, earn: {points: 1}}\n");
}

TEST(TriggersTest, MistakesArePointedOut) {
  const std::string earn = "\n    earn: {points: 1}\n";
  ExpectAllPointedOut({
      {On("@@order.comitted" + earn), "did you mean \"order.committed\"?"},
      {On("@@member.brithday" + earn), "did you mean \"member.birthday\"?"},
      {On("@@referal.qualified" + earn),
       "did you mean \"referral.qualified\"?"},
      {On("@@order.shipped" + earn), "names begin with \"order\""},
      {On("@@case.reopened" + earn), "did you mean \"case.resolved\"?"},
      {On("@@Review" + earn), "such as review.written"},
      {On("@@review..written" + earn), "such as review.written"},
      {On("visit\n    when: @@order.subtotal > 5" + earn),
       "there is no order on visit"},
      {On("visit\n    when: member.known && @@line.quantity > 5" + earn),
       "there is no line on visit"},
      {On("member.joined\n    when: event.@@years > 5" + earn), "years"},
      {On("visit\n    lines: @@line.quantity > 1" + earn),
       "is for orders, and there is none on visit"},
      {On("visit\n    discount: @@{percent: 5%}\n"), "is for orders"},
      {On("visit\n    stack: @@{group: a}" + earn), "is for orders"},
      {On("visit\n    earn: @@{points: 1, per: \"1.00\"}\n"),
       "write {points: 100}"},
      {On("visit\n    earn: @@{points: 1, per_unit: true}\n"),
       "write {points: 100}"},
      {On("visit\n    earn: @@{multiply: \"2\"}\n"), "write {points: 100}"},
      {On("visit\n    tier_points: @@{steps: [{points: 1}]}\n"),
       "write {points: 100}"},
      {On("visit\n    limits: [{per: @@order, points: 1}]" + earn),
       "there is none on visit"},
      {"points: @@{value: \"0.01\", expire: {after: 30d}}\n" +
           On("points.expiring" + earn),
       "add expiring_notice: 14d"},
      {"points: {value: \"0.01\", expiring_notice: @@14d}\n" +
           On("visit" + earn),
       "they never do"},
      {"referral: {prefix: @@friend}\n", "is not a prefix"},
      {"referral: {qualify: @@event.years > 1}\n", "event"},
      {"referral: {max_per_member: @@0}\n", "out of range"},
      {"referral: {window: @@soon}\n", "soon"},
  });
}

}  // namespace
}  // namespace pistis
