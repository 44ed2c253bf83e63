// Rulebooks with one mistake each. In the YAML, @@ marks where the refusal
// must point; it is taken out before the text is loaded.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/expr/utf8.h"
#include "engine/rulebook/compile.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

struct Mistake {
  // What follows the header; the whole rulebook where it begins with "!".
  std::string yaml;
  // What the description must hold: the mend.
  std::string mend;
};

constexpr absl::string_view kMarker = "@@";
constexpr absl::string_view kRule = "rules:\n  - id: a\n    ";
constexpr absl::string_view kCode =
    "codes:\n  - id: a\n    discount: {percent: 5%}\n    ";
constexpr absl::string_view kNote =
    "notes:\n  - id: a\n    channel: email\n    ";

std::string WholeYaml(const Mistake& mistake) {
  if (absl::StartsWith(mistake.yaml, "!")) return mistake.yaml.substr(1);
  return absl::StrCat(kHeader, mistake.yaml);
}

std::string PositionAt(const std::string& text, size_t offset) {
  int line = 1;
  size_t line_start = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] != '\n') continue;
    ++line;
    line_start = i + 1;
  }
  const int64_t column =
      1 + expr::CountCodePoints(text.substr(line_start, offset - line_start));
  return absl::StrCat("line ", line, ", column ", column, ": ");
}

void ExpectPointedOut(const Mistake& mistake) {
  std::string yaml = WholeYaml(mistake);
  const size_t marker = yaml.find(std::string(kMarker));
  ASSERT_NE(marker, std::string::npos) << yaml;
  yaml.erase(marker, kMarker.size());
  const absl::Status status = CompileYaml(yaml, 1).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRulebookInvalid) << mistake.yaml;
  const std::vector<Violation> violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 1U) << mistake.yaml << "\n" << Explained(status);
  const std::string& description = violations[0].description;
  EXPECT_TRUE(absl::StartsWith(description, PositionAt(yaml, marker)))
      << mistake.yaml << "\n"
      << PositionAt(yaml, marker) << "wanted, but: " << Explained(status);
  EXPECT_TRUE(absl::StrContains(description, mistake.mend))
      << mistake.yaml << "\n"
      << Explained(status);
}

void ExpectAllPointedOut(const std::vector<Mistake>& mistakes) {
  for (const Mistake& mistake : mistakes)
    ExpectPointedOut(mistake);
}

std::string InRule(absl::string_view rest) {
  return absl::StrCat(kRule, rest);
}
std::string InCode(absl::string_view rest) {
  return absl::StrCat(kCode, rest);
}
std::string InNote(absl::string_view rest) {
  return absl::StrCat(kNote, rest);
}

TEST(MistakesTest, SyntaxIsPointedOut) {
  ExpectAllPointedOut({
      {"!@@", "empty"},
      {"!@@# nothing but a remark\n", "empty"},
      {"points: {value: \"0.01\"\n@@rules: []\n", "add }"},
      {"rules: [{id: a, earn: {points: 1}\n@@", "add }"},
      {InRule("when: a@@: b\n"), "in quotes"},
      {InRule("when: \"pos\" @@== order.channel\n    earn: {points: 1}\n"),
       "put the whole value in quotes"},
      {InRule("when: @@'member.known\n    earn: {points: 1}\n"),
       "add the closing quote"},
      {InRule("when: @@!member.known\n    earn: {points: 1}\n"), "in quotes"},
      {InRule("when: @@@member\n"), "in quotes"},
      {"notes: @@\"never closed\\\"\n", "add the closing quote"},
      {"notes: [{id: a}, {id: @@'it''s}]\n", "add the closing quote"},
      {"points: @@&p {value: \"0.01\"}\n", "anchor"},
      {"@@---\nrules: []\n", "second document"},
      {"points: @@!!map {value: \"0.01\"}\n", "tag"},
      {"margin: {a: [[[[[[[[[[[[[[@@[x]]]]]]]]]]]]]]]}\n", "fewer"},
      {"notes: \"@@\x01\"\n", "control character"},
      {"notes: \"@@\xff\"\n", "UTF-8"},
      {"notes: \"a\\q@@\"\n", "backslash"},
  });
}

TEST(MistakesTest, WrongKeysAndKindsArePointedOut) {
  ExpectAllPointedOut({
      {"@@rule: []\n", "did you mean \"rules\"?"},
      {InRule("@@discont: {percent: 5%}\n    earn: {points: 1}\n"),
       "did you mean \"discount\"?"},
      {InRule("earn: {points: 1, @@pre: \"1.00\"}\n"), "did you mean \"per\"?"},
      {InRule("earn: {points: 1, @@zzzzzz: 1}\n"), "known here: points, per"},
      {"@@currency: USD\n", "given twice"},
      {"margin:\n  category_cost: {a: 5%, @@a: 6%}\n", "given twice"},
      {"@@rules:\n", "no value"},
      {InRule("earn: {points: 1}\n    @@when: \"\"\n"), "no value"},
      {"rules: @@{id: a}\n", "begin each entry with \"- \""},
      {"rules: @@many\n", "takes a list"},
      {"points: @@[1, 2]\n", "key: value"},
      {"points: @@0.01\n", "key: value"},
      {"rules: [@@a]\n", "key: value"},
      {InRule("earn: {points: 1}\n    when: @@[1, 2]\n"), "in quotes"},
      {InNote("text: @@hello\n"), "key: value"},
      {InNote("text: {en: @@[a]}\n"), "single value"},
      {"? @@[a, b]\n: c\n", "a key must be"},
      {InRule("earn: {points: @@1.5}\n"), "whole number"},
      {InRule("earn: {points: @@1e3}\n"), "digits only"},
      {InRule("earn: {points: @@99999999999999999999}\n"), "too large"},
      {InRule("earn: {points: 1}\n    priority: @@3000000000\n"), "too large"},
      {"tax: {prices_include_tax: @@yes}\n", "true or false"},
      {"tax: {prices_include_tax: @@\"true\"}\n", "without quotes"},
  });
}

TEST(MistakesTest, TheHeaderIsPointedOut) {
  ExpectAllPointedOut({
      {"!@@currency: EUR\ntime_zone: UTC\n", "add program"},
      {"!program: @@Corner Shop\ncurrency: EUR\ntime_zone: UTC\n", "a-z"},
      {"!@@program: p\ntime_zone: UTC\n", "ISO 4217"},
      {"!program: p\ncurrency: @@eur\ntime_zone: UTC\n",
       "did you mean \"EUR\"?"},
      {"!program: p\ncurrency: @@EURO\ntime_zone: UTC\n", "such as EUR"},
      {"!@@program: p\ncurrency: EUR\n", "Europe/Athens"},
      {"!program: p\ncurrency: EUR\ntime_zone: @@Athens\n", "IANA"},
      {"!program: p\ncurrency: EUR\ntime_zone: @@/etc/localtime\n", "IANA"},
      {"!program: p\ncurrency: EUR\ntime_zone: @@localtime\n", "IANA"},
  });
}

TEST(MistakesTest, PointsArePointedOut) {
  ExpectAllPointedOut({
      {"points: {value: @@\"1%\"}\n", "\"0.01\""},
      {"points: {value: @@\"0\"}\n", "out of range"},
      {"points: {value: @@\"100000\"}\n", "out of range"},
      {"points: {value: @@\"0.000001\"}\n", "out of range"},
      {"points: {value: 0.01, redeem: {minimum: @@0}}\n", "write 1 to"},
      {"points: {value: 0.01, redeem: {step: @@-5}}\n", "write 1 to"},
      {"points: {value: 0.01, redeem: {max_share: @@\"101%\"}}\n", "100%"},
      {"points: {redeem: @@{minimum: 100}}\n", "add points.value"},
      {"points: {refund_shortfall: @@forgiv}\n", "did you mean \"forgive\"?"},
      {"earning_basis: {tax: @@without}\n", "included or excluded"},
  });
}

TEST(MistakesTest, ExpiryAndWaitingArePointedOut) {
  ExpectAllPointedOut({
      {"points: {expire: @@{refund_grace: 30d}}\n", "add after"},
      {"points: {expire: @@{}}\n", "or end_of: year"},
      {"points: {expire: @@{after: 9d, after_inactivity: 9d}}\n",
       "has after and after_inactivity; give exactly one"},
      {"points: {expire: @@{end_of: year, after: 9d}}\n",
       "has after and end_of"},
      {"points: {expire: @@{after_inactivity: 9d, end_of: year, grace: 1d}}\n",
       "has after_inactivity and end_of"},
      {"points:\n  expire:\n    @@after: 1d\n    after_inactivity: 1d\n"
       "    end_of: year\n",
       "has after and after_inactivity and end_of"},
      {"points: {expire: {after: @@365}}\n", "write 365d"},
      {"points: {expire: {after: @@1y}}\n", "days only"},
      {"points: {expire: {after: @@0d}}\n", "1d to 36500d"},
      {"points: {expire: {after_inactivity: @@12m}}\n", "days only"},
      {"points: {expire: {end_of: @@week}}\n",
       "write month or quarter or year"},
      {"points: {expire: {end_of: @@yaer}}\n", "did you mean \"year\"?"},
      {"points: {expire: {end_of: year, grace: @@90}}\n", "write 90d"},
      {"points: {expire: {end_of: year, grace: @@0d}}\n", "1d to 36500d"},
      {"points: {expire: {after: 9d, grace: @@90d}}\n", "add end_of"},
      {"points: {expire: {grace: @@90d}}\n", "add end_of"},
      {"points: {expire: {after: 9d, refund_grace: @@99999d}}\n",
       "1d to 36500d"},
      {"points: {expire: {after: 9d, @@after_idle: 9d}}\n",
       "known here: after, refund_grace, after_inactivity, end_of, grace"},
      {"points: {pending: @@{}}\n", "add for: 14d"},
      {"points: {pending: {for: @@14}}\n", "write 14d"},
      {"points: {pending: {for: @@0d}}\n", "1d to 36500d"},
      {"points: {pending: @@14d}\n", "key: value"},
      {"points: {on_return: @@recalculate}\n", "proportional or recompute"},
      {"points: {on_return: @@proportionl}\n",
       "did you mean \"proportional\"?"},
  });
}

TEST(MistakesTest, MarginIsPointedOut) {
  ExpectAllPointedOut({
      {"margin: {order: {max_discount: @@\"101%\"}}\n", "at most \"100%\""},
      {"margin: {order: {max_discount: @@\"30\"}}\n", "write \"30%\""},
      {"margin: {order: {max_discount: @@lots}}\n", "\"12.5%\""},
      {"margin: {order: {max_share_of_margin: @@\"50%\"}}\n",
       "margin.unknown_cost"},
      {"margin: {line: {never_below_cost: @@true}}\n", "margin.unknown_cost"},
      {"margin: {unknown_cost: @@{}}\n", "exactly one"},
      {"margin: {unknown_cost: @@{assume: 70%, refuse_discounts: true}}\n",
       "exactly one"},
      {"margin: {unknown_cost: {assume: @@\"1001%\"}}\n", "at most \"1000%\""},
      {"margin: {category_cost: {\"drinks/\": @@\"25%\"}}\n", "drinks/coffee"},
      {"margin: {category_cost: {drinks: @@\"-5%\"}}\n", "12.5%"},
      {"margin: {on_exceed: @@trimm}\n", "did you mean \"trim\"?"},
  });
}

TEST(MistakesTest, RulesArePointedOut) {
  ExpectAllPointedOut({
      {"rules:\n  - @@earn: {points: 1}\n", "give it an id"},
      {"rules:\n  - id: @@Base\n    earn: {points: 1}\n", "a-z"},
      {absl::StrCat(InRule("earn: {points: 1}\n"),
                    "  - id: @@a\n    earn: {points: 1}\n"),
       "taken by entry 1"},
      {"rules:\n  - @@id: a\n", "add earn, discount, issue_code or note"},
      {InRule("earn: @@{per: \"1.00\"}\n"), "write 1 to"},
      {InRule("earn: {points: @@-1}\n"), "write 1 to"},
      {InRule("earn: {points: 1, per: @@\"0.00\"}\n"), "above zero"},
      {InRule("earn: {points: 1, per: @@\"1.005\"}\n"), "\"20.00\""},
      {InRule("discount: @@{max: \"5.00\"}\n"), "exactly one"},
      {InRule("discount: @@{percent: 5%, amount: \"5.00\"}\n"), "exactly one"},
      {InRule("discount: {percent: @@\"5\"}\n"), "write \"5%\""},
      {InRule("discount: {percent: @@\"1\"}\n"), "write \"1%\""},
      {InRule("discount: {percent: @@\"0%\"}\n"), "above 0 %"},
      {InRule("discount: {percent: @@\"150%\"}\n"), "at most \"100%\""},
      {InRule("discount: {percent: 5%, max: @@\"-1\"}\n"), "\"20.00\""},
      {InRule("discount: {amount: \"5.00\", max: @@\"9.00\"}\n"),
       "percentage only"},
      {InRule("discount: {amount: @@five}\n"), "\"20.00\""},
      {InRule("discount: {amount: @@\"20000000000.00\"}\n"), "too large"},
      {InRule("issue_code: @@thanks\n"), "add a code"},
      {InRule("note: @@thanks\n") + "notes:\n  - id: thank\n"
                                    "    channel: sms\n    text: {en: Hi}\n",
       "did you mean \"thank\"?"},
      {InRule("note: @@n\n") + "notes:\n  - id: n\n    channel: sms\n"
                               "    text: {en: \"Here: {{code}}\"}\n",
       "add issue_code"},
  });
}

TEST(MistakesTest, ConditionsArePointedOutInsideTheirText) {
  const std::string earn = "\n    earn: {points: 1}\n";
  ExpectAllPointedOut({
      {InRule("when: member.@@tier == \"gold\"" + earn), "tier"},
      {InRule("when: \"order.subtotal > amount(@@\\\"30.001\\\")\"" + earn),
       "decimals"},
      {InRule("when: '\"ä''ö\" == order.@@chanel'" + earn), "channel"},
      {InRule("when: @@line.quantity > 1" + earn), "line"},
      {InRule("when: @@member.orders" + earn), "bool"},
      {InRule("lines: line.quantity +@@" + earn), "expected a value"},
      {InRule("when: >-\n      member.known &&\n      member.@@order > 3" +
              earn),
       "orders"},
      {InRule("when: |\n      member.known\n        && member.@@order > 3" +
              earn),
       "orders"},
      {InRule("when: member.known\n      && member.@@order > 3" + earn),
       "orders"},
      {InCode("when: order.@@subtotl > 5\n"), "subtotal"},
      {InCode("lines: line.@@skuu == \"a\"\n"), "sku"},
  });
}

TEST(MistakesTest, CodesArePointedOut) {
  ExpectAllPointedOut({
      {"codes:\n  - @@id: a\n", "add discount"},
      {InCode("uses: @@0\n"), "write 1 to"},
      {InCode("expires: @@60\n"), "write 60d"},
      {InCode("format: {symbols: @@8}\n"), "write 12 to 32"},
      {InCode("format: {symbols: @@33}\n"), "write 12 to 32"},
      {InCode("format: {prefix: @@ty}\n"), "A-Z"},
      {InCode("format: {prefix: @@TOOLONGTY}\n"), "at most 8"},
      {absl::StrCat(kCode,
                    "uses: 1\n  - id: @@a\n"
                    "    discount: {percent: 5%}\n"),
       "taken by entry 1"},
  });
}

TEST(MistakesTest, NotesArePointedOut) {
  ExpectAllPointedOut({
      {"notes:\n  - @@id: a\n    text: {en: Hi}\n", "email, sms or print"},
      {"notes:\n  - id: a\n    channel: @@e-mail\n    text: {en: Hi}\n",
       "did you mean \"email\"?"},
      {"notes:\n  - @@id: a\n    channel: sms\n", "add text"},
      {InNote("text: {english language: @@Hi}\n"), "BCP 47"},
      {InNote("text: {en: \"Hi @@{{nam}}\"}\n"), "did you mean \"name\"?"},
      {InNote("text: {en: \"Hi @@{{ name }}\"}\n"), "did you mean \"name\"?"},
      {InNote("text: {el: \"Γειά σου @@{{name\"}\n"), "not closed"},
      {InNote("text: {en: \"@@{{voucher}}\"}\n"), "known are name, code"},
  });
}

}  // namespace
}  // namespace pistis
