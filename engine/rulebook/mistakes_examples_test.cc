// Examples with one mistake each.
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/mistake.h"

namespace pistis {
namespace {

constexpr absl::string_view kRules =
    "rules: [{id: base, earn: {points: 1}}]\n"
    "codes: [{id: ten, discount: {percent: 10%}}]\n"
    "notes: [{id: hello, channel: sms, text: {en: Hi}}]\n";

std::string InExample(absl::string_view rest) {
  return absl::StrCat(kRules, "examples:\n  - id: e\n    ", rest);
}
std::string InOrder(absl::string_view rest) {
  return InExample(absl::StrCat("order: {lines: [{amount: \"1.00\"}], ", rest,
                                "}\n    gets: {points: 1}\n"));
}
std::string InLine(absl::string_view rest) {
  return InExample(
      absl::StrCat("order: {lines: [", rest, "]}\n    gets: {points: 1}\n"));
}
std::string InGets(absl::string_view rest) {
  return InExample(absl::StrCat(
      "order: {lines: [{amount: \"1.00\"}]}\n    gets: ", rest, "\n"));
}

TEST(MistakesTest, ExamplesArePointedOut) {
  ExpectAllPointedOut({
      {"examples:\n  - @@order: {lines: [{amount: 1.00}]}\n"
       "    gets: {points: 1}\n",
       "give it an id"},
      {absl::StrCat(InOrder("channel: pos"),
                    "  - id: @@e\n    order: {lines: [{amount: 1.00}]}\n"
                    "    gets: {points: 1}\n"),
       "taken by entry 1"},
      {absl::StrCat(kRules,
                    "examples:\n  - @@id: e\n"
                    "    gets: {points: 1}\n"),
       "add order"},
      {absl::StrCat(kRules,
                    "examples:\n  - @@id: e\n"
                    "    order: {lines: [{amount: 1.00}]}\n"),
       "add gets"},
      {InGets("@@{}"), "add what the order must get"},
      {InGets("{@@discounted: 1}"), "did you mean \"discount\"?"},
  });
}

TEST(MistakesTest, OrdersOfExamplesArePointedOut) {
  ExpectAllPointedOut({
      {InExample("order: @@{channel: pos}\n    gets: {points: 1}\n"),
       "add at least one line"},
      {InLine("@@{quantity: 2}"), "add amount"},
      {InLine("{amount: @@free}"), "\"20.00\""},
      {InLine("{amount: 1.00, quantity: @@0}"), "write 1 to"},
      {InLine("{amount: 1.00, tax: @@19%}"), "\"20.00\""},
      {InLine("{amount: 1.00, cost: @@\"0.005\"}"), "\"20.00\""},
      {InLine("{amount: 1.00, tags: @@hot}"), "takes a list"},
      {InLine("{amount: 1.00, tags: [@@[hot]]}"), "single value"},
      {InOrder("placed: @@yesterday"), "\"2026-03-02 10:30\""},
      {InOrder("placed: @@\"2026-02-30\""), "\"2026-03-02\""},
      {InOrder("redeem: @@some"), "or all"},
      {InOrder("redeem: @@-5"), "such as 100"},
      {InOrder("shipping: @@cheap"), "\"20.00\""},
      {InOrder("codes: [@@tenn]"), "did you mean \"ten\"?"},
      {InOrder("codes: [ten, @@ten]"), "remove one"},
      {InOrder("member: {orders: @@-1}"), "write 1 to"},
      {InOrder("member: {points: @@2000000000}"), "to 1000000000"},
  });
}

TEST(MistakesTest, OutcomesOfExamplesArePointedOut) {
  ExpectAllPointedOut({
      {InGets("{discount: @@5%}"), "\"20.00\""},
      {InGets("{total: @@\"1.005\"}"), "\"20.00\""},
      {InGets("{points: @@many}"), "digits only"},
      {InGets("{discounts: {bas: @@1.00}}"), "did you mean \"base\"?"},
      {InGets("{discounts: {base: @@5%}}"), "\"20.00\""},
      {InGets("{earned: {ten: @@5}}"), "add a rule"},
      {InGets("{earned: {base: @@1.5}}"), "digits only"},
      {InGets("{codes: [@@tem]}"), "did you mean \"ten\"?"},
      {InGets("{notes: [hello, @@none]}"), "there is no note \"none\""},
      {InGets("{refused: @@MARGIN}"), "MARGIN_CAP"},
      {InGets("{refused: @@MARGIN_CAP, points: 0}"), "remove it"},
  });
}

}  // namespace
}  // namespace pistis
