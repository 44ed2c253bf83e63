// How complaints are made good.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/load.h"
#include "engine/rulebook/mistake.h"
#include "engine/rulebook/test_support.h"
#include "engine/rulebook/warnings.h"

namespace pistis {
namespace {

constexpr absl::string_view kBefore = R"(points: {value: "0.02"}
codes:
  - {id: gift, discount: {amount: "1.00"}}
  - {id: summer, word: SUMMER, discount: {amount: "1.00"}}
notes:
  - {id: sorry, kind: apology, channel: print, text: {en: Sorry}}
  - {id: coded, kind: apology, channel: print, text: {en: "{{code}}"}}
  - {id: ask, kind: follow-up, channel: print, text: {en: "How is it?"}}
  - {id: hello, channel: print, text: {en: Hello}}
)";
constexpr absl::string_view kRoles =
    "  roles: [{id: till, grant_up_to: \"5.00\", approve_up_to: \"9.00\"}]\n";

std::string Care(absl::string_view care) {
  return absl::StrCat(kBefore, "care:\n", care);
}

// With roles, and a list of one remedy.
Mistake Remedy(absl::string_view remedy, const char* mend) {
  return {Care(absl::StrCat(kRoles, "  remedies: [", remedy, "]\n")), mend};
}

TEST(CompileCareTest, AllThatIsStatedIsTaken) {
  const absl::StatusOr<Rulebook> compiled =
      CompileYaml(absl::StrCat(kHeader, Care(absl::StrCat(kRoles, R"(  remedies:
    - {id: points, points: 150}
    - {id: box, severities: [high, low], when: member.orders > 1, issue_code: gift, note: coded, worth: "4.00"}
  cap: {worth: "50.00", window: 90d}
  complaints: {approve_above: 2, refuse_above: 4, window: 180d, share_of_orders: "20%"}
  follow_up: {note: ask, after: 5d}
)"))),
                  1);
  ASSERT_TRUE(compiled.ok()) << Explained(compiled.status());
  ASSERT_TRUE(compiled->care);
  const CarePolicy& care = *compiled->care;
  ASSERT_EQ(care.remedies.size(), 2U);
  EXPECT_EQ(care.remedies[0].worth, Money(300));
  EXPECT_TRUE(care.remedies[0].severities.all());
  const RemedyTemplate* box = care.FindRemedy("box");
  ASSERT_NE(box, nullptr);
  EXPECT_EQ(box->severities, std::bitset<kSeverities>("0101"));
  EXPECT_NE(box->when, nullptr);
  EXPECT_EQ(box->issue_code, 0U);
  EXPECT_EQ(box->note, 1U);
  EXPECT_EQ(box->worth, Money(400));
  ASSERT_NE(care.FindRole("till"), nullptr);
  EXPECT_EQ(care.FindRole("till")->approve_up_to, Money(900));
  EXPECT_EQ(care.FindRole("guest"), nullptr);
  EXPECT_EQ(care.cap->worth, Money(5000));
  EXPECT_EQ(care.cap->days, 90);
  EXPECT_EQ(care.complaints->approve_above, 2);
  EXPECT_EQ(care.complaints->refuse_above, 4);
  EXPECT_EQ(care.complaints->share_of_orders->denominator() /
                care.complaints->share_of_orders->numerator(),
            5);
  EXPECT_EQ(care.follow_up->note, 2U);
  EXPECT_EQ(care.follow_up->after_days, 5);
  EXPECT_EQ(care.follow_up->close_after_days, 30);
}

TEST(CompileCareTest, WhatRemediesAndFollowUpsUseIsNotCalledUnused) {
  const absl::StatusOr<LoadedRulebook> loaded =
      LoadYaml(absl::StrCat(kHeader, Care(absl::StrCat(kRoles, R"(  remedies:
    - {id: box, issue_code: gift, note: coded, worth: "4.00"}
    - {id: card, note: sorry}
  follow_up: {note: ask, after: 5d}
)"))));
  ASSERT_TRUE(loaded.ok()) << Explained(loaded.status());
  const absl::StatusOr<Rulebook> compiled = Compile(*loaded, 1);
  ASSERT_TRUE(compiled.ok()) << Explained(compiled.status());
  std::vector<std::string> unused;
  for (const v1::RulebookFinding& finding :
       FindOversights(loaded->rulebook, *compiled, absl::UnixEpoch())) {
    if (finding.kind() == v1::RulebookFinding::UNUSED) {
      unused.push_back(finding.id());
    }
  }
  EXPECT_EQ(unused, std::vector<std::string>{"hello"});
}

TEST(CompileCareTest, MistakesInRemediesArePointedOut) {
  ExpectAllPointedOut({
      Remedy("@@{id: a}", "gives nothing"),
      Remedy("{id: a, points: @@-1}", "1 to"),
      Remedy("{id: a, points: 1}, {id: @@a, points: 1}", "a"),
      Remedy("{id: a, points: 1, severities: [@@bad]}", "low"),
      Remedy("{id: a, points: 1, when: '@@order.subtotal > 1'}", "order"),
      Remedy("{id: a, issue_code: @@gist, worth: \"1.00\"}", "gift"),
      Remedy("{id: a, issue_code: @@summer, worth: \"1.00\"}",
             "a word that everybody knows"),
      Remedy("@@{id: a, issue_code: gift}", "worth"),
      Remedy("{id: a, note: @@hello}", "give it kind: apology"),
      Remedy("{id: a, points: 1, note: @@coded}", "issues no code"),
      Remedy("@@{id: a, points: 1, worth: \"9.01\"}", "any role may grant"),
      {Care("  remedies: [@@{id: a, points: 1}]\n"), "add care.roles"},
  });
}

TEST(CompileCareTest, MistakesInLimitsArePointedOut) {
  const auto with = [](absl::string_view rest, const char* mend) {
    return Mistake{Care(absl::StrCat(kRoles, "  ", rest, "\n")), mend};
  };
  ExpectAllPointedOut({
      with("cap: @@{window: 90d}", "the most a member is given"),
      with("cap: @@{worth: \"5.00\"}", "90d"),
      with("cap: {worth: \"5.00\", window: @@367d}", "366d"),
      with("complaints: @@{window: 90d}", "limits nothing"),
      with("complaints: {approve_above: 3, refuse_above: @@3, window: 90d}",
           "larger number"),
      with("complaints: @@{refuse_above: 3}", "90d"),
      with("follow_up: @@{after: 5d}", "kind follow-up"),
      with("follow_up: {note: @@sorry, after: 5d}", "give it kind: follow-up"),
      with("follow_up: {note: ask, after: @@91d}", "90d"),
      {Care("  roles: [{id: till, grant_up_to: \"5.00\"}]\n"
            "  complaints: {approve_above: @@1, window: 90d}\n"),
       "no role may approve"},
  });
}

}  // namespace
}  // namespace pistis
