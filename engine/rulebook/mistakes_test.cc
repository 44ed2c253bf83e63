// Rulebooks with one mistake each.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/mistake.h"

namespace pistis {
namespace {

constexpr absl::string_view kRule = "rules:\n  - id: a\n    ";
constexpr absl::string_view kCode =
    "codes:\n  - id: a\n    discount: {percent: 5%}\n    ";
constexpr absl::string_view kNote =
    "notes:\n  - id: a\n    channel: email\n    ";

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

TEST(MistakesTest, ListsArePointedOut) {
  const std::string list = "lists:\n  - {id: summer, skus: [a]}\n";
  ExpectAllPointedOut({
      {"lists: [{id: @@Summer, skus: [a]}]\n", "a-z"},
      {"lists: [@@{skus: [a]}]\n", "is missing"},
      {"lists: [{id: a, skus: [x]}, {id: @@a, skus: [y]}]\n",
       "is taken by entry 1"},
      {"lists: [{id: a, skus: @@x}]\n", "takes a list"},
      {"lists: [{id: a, skus: [x, y, @@x]}]\n", "entry 1 of the list already"},
      {"lists: [{id: a, skus: [x, @@\"\"]}]\n", "1 to 128 bytes"},
      {"lists: [{id: a, @@items: [x]}]\n", "known here: id, skus"},
      {list + InRule("lines: line.sku in lists.@@sumer\n    earn: {points: "
                     "1}\n"),
       "did you mean `summer`?"},
      {list + InRule("lines: line.sku in lists@@[\"sommer\"]\n    earn: "
                     "{points: 1}\n"),
       "did you mean `summer`?"},
      {list + InRule("when: '\"a\" in @@lsts.summer'\n    earn: {points: "
                     "1}\n"),
       "did you mean `lists`?"},
  });
}

TEST(MistakesTest, GroupsAndLimitsOfCodesArePointedOut) {
  ExpectAllPointedOut({
      {InCode("limits: [{per: member, points: @@5}]\n"), "remove it"},
      {InCode("limits: [{per: order, times: @@5}]\n"), "Remove it"},
      {InCode("limits: [@@{per: member}]\n"), "limits nothing"},
      {InCode("stack: @@{mode: best}\n"), "names no group"},
      {InCode("stack: {group: a, excludes: [@@other]}\n"),
       "no rule or code is in a group \"other\"; name one"},
      {InCode("stack: {group: a, excludes: [@@a]}\n"), "own group"},
      {"rules: [{id: a, earn: {points: 1}, stack: {group: g, mode: best}}]\n" +
           InCode("stack: {group: g, mode: @@first}\n"),
       "another mode"},
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
      {"margin: {order: {min_margin: @@\"101%\"}}\n", "at most \"100%\""},
      {"margin: {order: {min_margin: @@\"5%\"}}\n", "margin.unknown_cost"},
      {"margin: {line: {max_discount_amount: @@\"1.234\"}}\n", "decimals"},
      {"margin: {line: {max_share_of_margin: @@\"5%\"}}\n",
       "margin.unknown_cost"},
      {"margin: {category: {\"a/\": @@{max_discount: \"5%\"}}}\n",
       "drinks/coffee"},
      {"margin: {category: {a: {min_margin: @@\"5%\"}}}\n",
       "margin.unknown_cost"},
      {"margin: {excluded_categories: [a, @@\"/b\"]}\n", "drinks/coffee"},
      {"margin: {counts: {earned_points: @@true}}\n", "points.value"},
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
      {"rules:\n  - @@id: a\n", "add earn, discount, issue_code"},
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

TEST(MistakesTest, DiscountsArePointedOut) {
  const auto discount = [](absl::string_view keys) {
    return InRule(absl::StrCat("discount: ", keys, "\n"));
  };
  ExpectAllPointedOut({
      {discount("{minimum: @@\"0.00\", percent: 5%}"), "above zero"},
      {discount("{minimum: @@\"9.00\", percent: 5%, max: \"5.00\"}"),
       "above max"},
      {discount("{percent: 5%, of: @@orignal}"), "did you mean \"original\"?"},
      {discount("{amount: \"5.00\", of: @@original}"), "remove it"},
      {discount("{percent: 5%, per_unit: @@true}"), "goes with amount"},
      {discount("{percent: 5%, together: @@true}"), "goes with fixed_price"},
      {discount("{buy: {quantity: 1}, get: {percent: 5%, amount: @@\"1.00\"}}"),
       "beside percent"},
      {discount("{fixed_price: @@\"0\"}"), "above zero"},
      {discount("{fixed_price: \"1.00\", max: @@\"2.00\"}"), "percentage only"},
      {discount("@@{fixed_price: \"1.00\", percent: 5%}"),
       "it has percent and fixed_price"},
      {discount("{free_item: @@{quantity: 2}}"), "add sku"},
      {discount("{free_item: {sku: a, quantity: @@0}}"), "write 1 to"},
      {discount("@@{get: {quantity: 1}}"), "exactly one"},
      {discount("{percent: 5%, get: @@{quantity: 1}}"), "add buy"},
      {discount("{buy: @@{quantity: 2}}"), "add get"},
      {discount("{buy: {quantity: @@0}, get: {quantity: 1}}"), "write 1 to"},
      {discount("{buy: {quantity: 2, lines: line.@@skuu == \"a\"}, "
                "get: {quantity: 1}}"),
       "sku"},
      {discount("{buy: {quantity: 2}, get: {quantity: @@-1}}"), "write 1 to"},
      {discount("{buy: {quantity: 2}, get: {percent: @@0%}}"), "above 0 %"},
      {discount("{cheapest: {quantity: @@-1}}"), "write 1 to"},
      {discount("{cheapest: {percent: @@\"50\"}}"), "write \"50%\""},
      {discount("{shipping: @@{}}"), "exactly one"},
      {discount("{shipping: @@{percent: 50%, amount: \"1.00\"}}"),
       "exactly one"},
      {discount("{shipping: {percent: @@101%}}"), "at most \"100%\""},
      {discount("{shipping: {amount: \"3.00\"}, max: @@\"2.00\"}"),
       "percentage only"},
      {InRule("lines: @@line.quantity > 1\n"
              "    discount: {shipping: {percent: 100%}}\n"),
       "remove lines"},
      {"codes:\n  - id: a\n    lines: @@line.quantity > 1\n"
       "    discount: {shipping: {percent: 100%}}\n",
       "remove lines"},
      {"rounding: {money: @@half_evn}\n", "did you mean \"half_even\"?"},
      {"rounding: {points: @@nearest}\n", "write down or half_up or up"},
  });
}

TEST(MistakesTest, EarningIsPointedOut) {
  const auto earn = [](absl::string_view keys) {
    return InRule(absl::StrCat("earn: ", keys, "\n"));
  };
  ExpectAllPointedOut({
      {earn("@@{points: 1, multiply: \"2\"}"), "exactly one"},
      {earn("@@{per_unit: true, steps: [{points: 1}]}"), "exactly one"},
      {earn("{points: 1, per: \"1.00\", per_unit: @@true}"), "remove one"},
      {earn("{multiply: @@\"200%\"}"), "write \"2\""},
      {earn("{multiply: @@\"1.2345\"}"), "three decimals"},
      {earn("{multiply: @@\"1001\"}"), "from \"0\" to \"1000\""},
      {earn("{multiply: @@twice}"), "not a multiple"},
      {earn("{steps: [{points: @@0}]}"), "write 1 to"},
      {earn("{steps: [@@{points: 1}, {points: 2}]}"), "add up_to"},
      {earn("{steps: [{points: 1, up_to: \"9.00\"}, "
            "{points: 2, up_to: @@\"9.00\"}]}"),
       "ascending order"},
      {earn("{steps: [{points: 1, per: @@\"0.00\"}]}"), "above zero"},
      {earn("{steps: @@{points: 1}}"), "begin each entry with \"- \""},
  });
}

TEST(MistakesTest, ValidityIsPointedOut) {
  const auto valid = [](absl::string_view keys) {
    return InRule(absl::StrCat("earn: {points: 1}\n    valid: ", keys, "\n"));
  };
  ExpectAllPointedOut({
      {valid("{from: @@01.03.2026}"), "write it as 2026-12-31"},
      {valid("{to: @@2026-02-30}"), "not a day"},
      {valid("{from: 2026-03-01, to: @@2026-02-28}"), "lies before from"},
      {valid("{days: @@mon}"), "takes a list"},
      {valid("{days: [mon, @@tues]}"), "did you mean \"tue\"?"},
      {valid("{days: [@@[mon]]}"), "single value"},
      {valid("{days: [@@\"\"]}"), "is empty"},
      {valid("{hours: @@9-12}"), "\"09:00-12:00\""},
      {valid("{hours: @@\"09:00-24:01\"}"), "\"09:00-12:00\""},
      {valid("{hours: @@\"09:60-12:00\"}"), "\"09:00-12:00\""},
      {valid("{hours: @@\"24:00-02:00\"}"), "\"09:00-12:00\""},
      {valid("{hours: @@\"09:00-10:00-11:00\"}"), "\"09:00-12:00\""},
      {valid("{hours: @@\"09:00-09:00\"}"), "remove hours"},
      {InCode("valid: {hours: @@noon}\n"), "\"09:00-12:00\""},
  });
}

TEST(MistakesTest, StackGroupsArePointedOut) {
  const auto stack = [](absl::string_view keys) {
    return absl::StrCat(
        InRule(absl::StrCat("earn: {points: 1}\n    stack: ", keys, "\n")),
        "  - id: b\n    earn: {points: 1}\n"
        "    stack: {group: other}\n");
  };
  ExpectAllPointedOut({
      {stack("@@{mode: best}"), "add group"},
      {stack("{group: @@Big Sale}"), "a-z"},
      {stack("{group: sale, mode: @@bset}"), "did you mean \"best\"?"},
      {stack("{group: sale, excludes: [@@othr]}"), "did you mean \"other\"?"},
      {stack("{group: sale, excludes: [@@sale]}"), "own group"},
      {stack("{group: sale, excludes: @@other}"), "takes a list"},
      {absl::StrCat(stack("{group: sale, mode: best}"),
                    "  - id: c\n    earn: {points: 1}\n"
                    "    stack: {group: sale, mode: @@first}\n"),
       "write the same in both"},
  });
}

TEST(MistakesTest, LimitsArePointedOut) {
  const auto limit = [](absl::string_view keys) {
    return InRule(
        absl::StrCat("earn: {points: 1}\n    limits: [", keys, "]\n"));
  };
  ExpectAllPointedOut({
      {limit("@@{times: 1}"), "add per"},
      {limit("@@{per: member}"), "add times"},
      {limit("{per: @@membr, times: 1}"), "did you mean \"member\"?"},
      {limit("{per: member, times: @@0}"), "write 1 to"},
      {limit("{per: member, points: @@-1}"), "write 1 to"},
      {limit("{per: member, window: @@fortnight, times: 1}"),
       "write day or week or month or year"},
      {limit("{per: member, window: @@0d, times: 1}"), "1d to"},
      {limit("{per: member, window: @@400d, times: 1}"), "longer than 366d"},
      {limit("{per: day, window: @@day, times: 1}"), "remove it"},
      {limit("{per: member, discount: @@\"5.00\"}"), "does not give"},
      {limit("{per: order, times: @@1}"), "sets of buy with get"},
      {InRule("discount: {percent: 5%}\n"
              "    limits: [{per: member, points: @@5}]\n"),
       "does not give"},
      {InRule("earn: {multiply: \"2\"}\n"
              "    limits: [{per: member, points: @@5}]\n"),
       "by itself"},
      {InRule("discount: {percent: 5%}\n"
              "    limits: [{per: member, discount: @@\"0.00\"}]\n"),
       "above zero"},
  });
}

TEST(MistakesTest, ConditionsArePointedOutInsideTheirText) {
  const std::string earn = "\n    earn: {points: 1}\n";
  ExpectAllPointedOut({
      {InRule("when: member.@@level == \"gold\"" + earn), "level"},
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
      {"codes:\n  - {id: a, earn: {points: 1}, limits: [{per: order, "
       "discount: @@\"1.00\"}]}\n",
       "does not give"},
      {InCode("on_return: @@keep\n"), "given_back or kept"},
      {InCode("uses_per_member: @@0\n"), "write 1 to"},
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

TEST(MistakesTest, WordsArePointedOut) {
  const auto word = [](absl::string_view rest) {
    return InCode(absl::StrCat("word: SUMMER\n    ", rest));
  };
  const auto second = [](absl::string_view rest) {
    return absl::StrCat(InCode("word: SOLO-10\n"),
                        "  - id: b\n    discount: {percent: 5%}\n    ", rest);
  };
  ExpectAllPointedOut({
      {InCode("word: @@AB\n"), "write 3 to 32"},
      {InCode("word: @@A--B\n"), "write 3 to 32"},
      {InCode("word: @@summer\n"), "A-Z"},
      {InCode("word: @@ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456\n"), "3 to 32"},
      {word("uses: @@0\n"), "write 1 to"},
      {word("format: @@{prefix: TY}\n"), "remove it, or word"},
      {word("expires: @@60d\n"), "remove it, or word"},
      {word("bound_to_member: @@true\n"), "remove it, or word"},
      {second("word: @@S010-1O\n"), "reads like the word of code \"a\""},
      {absl::StrCat(InCode("word: @@TY-7K3M9QXA52BDC\n"),
                    "  - id: b\n    discount: {percent: 5%}\n    "
                    "format: {prefix: TY}\n"),
       "may read like a code"},
      {absl::StrCat("rules: [{id: r, issue_code: @@a}]\n",
                    InCode("word: SUMMER\n")),
       "everybody knows"},
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
