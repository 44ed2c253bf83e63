#include "engine/rulebook/compile.h"

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

Rulebook Compiled(const std::string& yaml) {
  absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 7);
  EXPECT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  return rulebook.ok() ? *std::move(rulebook) : Rulebook();
}

std::vector<std::string> IdsOf(const std::vector<Rule>& rules) {
  std::vector<std::string> ids;
  ids.reserve(rules.size());
  for (const Rule& rule : rules)
    ids.push_back(rule.id);
  return ids;
}

v1::Rulebook SmallMessage() {
  v1::Rulebook message;
  message.set_program("corner-shop");
  message.set_currency("EUR");
  message.set_time_zone("Europe/Athens");
  return message;
}

bool SameRate(const Rate& a, const Rate& b) {
  return Int128{a.numerator()} * b.denominator() ==
         Int128{b.numerator()} * a.denominator();
}

TEST(CompileTest, HeaderAndPoliciesAreTaken) {
  const Rulebook rulebook = Compiled(SampleYaml());
  EXPECT_EQ(rulebook.version, 7);
  EXPECT_EQ(rulebook.program, "corner-shop");
  EXPECT_EQ(rulebook.currency.code, "EUR");
  EXPECT_EQ(rulebook.currency.decimals, 2);
  EXPECT_EQ(rulebook.time_zone.name(), "Europe/Athens");
  EXPECT_FALSE(rulebook.earn_on_tax);
  EXPECT_FALSE(rulebook.earn_after_discounts);
  EXPECT_FALSE(rulebook.prices_include_tax);
  ASSERT_TRUE(rulebook.points.value.has_value());
  EXPECT_TRUE(SameRate(*rulebook.points.value, Rate(1, 100)));
  EXPECT_EQ(rulebook.points.minimum, Points(100));
  EXPECT_EQ(rulebook.points.step, Points(50));
  EXPECT_TRUE(SameRate(rulebook.points.max_share, Rate(1, 2)));
  ASSERT_TRUE(std::holds_alternative<ExpireAfter>(rulebook.points.expiry));
  EXPECT_EQ(std::get<ExpireAfter>(rulebook.points.expiry).days, 365);
  EXPECT_EQ(rulebook.points.pending_days, 14);
  EXPECT_EQ(rulebook.points.refund_grace_days, 14);
  EXPECT_EQ(rulebook.points.refund_shortfall, RefundShortfall::kForgive);
  EXPECT_EQ(rulebook.points.on_return, OnReturn::kRecompute);
}

ExpiryModel ExpiryOf(absl::string_view expire) {
  return Compiled(absl::StrCat(kHeader, "points: {expire: {", expire, "}}\n"))
      .points.expiry;
}

TEST(CompileTest, EachModelOfExpiryIsTaken) {
  EXPECT_EQ(std::get<ExpireAfter>(ExpiryOf("after: 7d")).days, 7);
  EXPECT_EQ(
      std::get<ExpireAfterInactivity>(ExpiryOf("after_inactivity: 400d")).days,
      400);
  const auto month = std::get<ExpireAtEndOf>(ExpiryOf("end_of: month"));
  EXPECT_EQ(month.period, CalendarPeriod::kMonth);
  EXPECT_EQ(month.grace_days, 0);
  const auto quarter =
      std::get<ExpireAtEndOf>(ExpiryOf("grace: 1d, end_of: quarter"));
  EXPECT_EQ(quarter.period, CalendarPeriod::kQuarter);
  EXPECT_EQ(quarter.grace_days, 1);
  const auto year =
      std::get<ExpireAtEndOf>(ExpiryOf("end_of: year, grace: 90d"));
  EXPECT_EQ(year.period, CalendarPeriod::kYear);
  EXPECT_EQ(year.grace_days, 90);
}

TEST(CompileTest, AnyModelOfExpiryTakesAGraceForRefunds) {
  for (const absl::string_view model :
       {"after: 9d", "after_inactivity: 9d", "end_of: year"}) {
    const Rulebook rulebook = Compiled(absl::StrCat(
        kHeader, "points: {expire: {", model, ", refund_grace: 5d}}\n"));
    EXPECT_EQ(rulebook.points.refund_grace_days, 5) << model;
  }
}

TEST(CompileTest, CapsAreTakenForOrdersCategoriesAndLines) {
  const Rulebook rulebook = Compiled(absl::StrCat(kHeader, R"(
margin:
  unknown_cost: {assume: "70%"}
  order: {min_margin: "5%", max_discount_amount: "20.00"}
  line: {max_discount: "80%", max_discount_amount: "0.00", max_share_of_margin: "40%", min_margin: "1%"}
  category: {"drinks/tea": {max_discount: "10%", min_margin: "100%"}}
  excluded_categories: [deposits, gift-cards/paper]
)"));
  const MarginPolicy& margin = rulebook.margin.value();
  EXPECT_TRUE(SameRate(margin.order.min_margin.value(), Rate(5, 100)));
  EXPECT_EQ(margin.order.max_discount_amount, Money(2000));
  EXPECT_FALSE(margin.order.max_discount.has_value());
  EXPECT_TRUE(SameRate(margin.line.max_discount.value(), Rate(8, 10)));
  EXPECT_EQ(margin.line.max_discount_amount, Money(0));
  EXPECT_TRUE(SameRate(margin.line.max_share_of_margin.value(), Rate(4, 10)));
  EXPECT_TRUE(SameRate(margin.line.min_margin.value(), Rate(1, 100)));
  EXPECT_FALSE(margin.never_below_cost);
  const MarginCaps& tea = margin.category.at("drinks/tea");
  EXPECT_TRUE(SameRate(tea.max_discount.value(), Rate(1, 10)));
  EXPECT_TRUE(SameRate(tea.min_margin.value(), Rate(1, 1)));
  EXPECT_EQ(margin.excluded_categories,
            (std::vector<std::string>{"deposits", "gift-cards/paper"}));
}

TEST(CompileTest, TheMarginPolicyIsTaken) {
  const Rulebook rulebook = Compiled(SampleYaml());
  ASSERT_TRUE(rulebook.margin.has_value());
  const MarginPolicy& margin = *rulebook.margin;
  ASSERT_TRUE(std::holds_alternative<Rate>(margin.unknown_cost));
  EXPECT_TRUE(SameRate(std::get<Rate>(margin.unknown_cost), Rate(7, 10)));
  EXPECT_TRUE(SameRate(margin.category_cost.at("drinks/coffee"), Rate(1, 4)));
  EXPECT_TRUE(SameRate(margin.order.max_discount.value(), Rate(3, 10)));
  EXPECT_TRUE(SameRate(margin.order.max_share_of_margin.value(), Rate(1, 2)));
  EXPECT_TRUE(margin.never_below_cost);
  EXPECT_FALSE(margin.counts_redeemed_points);
  EXPECT_FALSE(margin.counts_earned_points);
  EXPECT_TRUE(
      Compiled(absl::StrCat(kHeader,
                            "points: {value: \"0.01\"}\n"
                            "margin: {counts: {earned_points: true}}\n"))
          .margin->counts_earned_points);
  EXPECT_EQ(margin.on_exceed, OnExceed::kRefuse);
}

TEST(CompileTest, RulesStandByPriorityThenId) {
  const Rulebook rulebook = Compiled(SampleYaml());
  EXPECT_EQ(IdsOf(rulebook.rules),
            (std::vector<std::string>{"coffee", "after-base", "base",
                                      "thank-you-first"}));
}

TEST(CompileTest, RulesKeepWhatTheyGive) {
  const Rulebook rulebook = Compiled(SampleYaml());
  const Rule& coffee = rulebook.rules[0];
  EXPECT_NE(coffee.when, nullptr);
  EXPECT_NE(coffee.lines, nullptr);
  const auto& percent = std::get<PercentOff>(coffee.discount.value().shape);
  EXPECT_TRUE(SameRate(percent.percent, Rate(1, 8)));
  EXPECT_EQ(coffee.discount->max, Money(2000));
  EXPECT_EQ(coffee.discount->minimum, Money(100));
  EXPECT_EQ(coffee.discount->of, PercentOf::kOriginal);
  const Rule& after_base = rulebook.rules[1];
  EXPECT_EQ(after_base.when, nullptr);
  EXPECT_EQ(std::get<AmountOff>(after_base.discount.value().shape).amount,
            Money(500));
  const Rule& base = rulebook.rules[2];
  const auto& points = std::get<EarnPoints>(base.earn.value());
  EXPECT_EQ(points.points, Points(1));
  EXPECT_EQ(points.per, Money(100));
  EXPECT_EQ(base.priority, 100);
  const Rule& thanks = rulebook.rules[3];
  EXPECT_EQ(thanks.issue_code, 1U);
  EXPECT_EQ(thanks.note, 0U);
  EXPECT_EQ(thanks.priority, -5);
}

Discount CompiledDiscount(const std::string& keys) {
  return Compiled(absl::StrCat(kHeader, "rules: [{id: a, discount: {", keys,
                               "}}]\n"))
      .rules.at(0)
      .discount.value();
}

TEST(CompileTest, EveryShapeOfADiscountIsTaken) {
  const auto amount = std::get<AmountOff>(
      CompiledDiscount("amount: \"5.00\", per_unit: true").shape);
  EXPECT_TRUE(amount.per_unit);
  EXPECT_EQ(
      std::get<FixedPrice>(CompiledDiscount("fixed_price: \"1.00\"").shape)
          .price,
      Money(100));
  EXPECT_TRUE(
      std::get<FixedPrice>(
          CompiledDiscount("fixed_price: \"1.00\", together: true").shape)
          .together);
  const auto item = std::get<FreeItem>(
      CompiledDiscount("free_item: {sku: mug, quantity: 2}").shape);
  EXPECT_EQ(item.sku, "mug");
  EXPECT_EQ(item.quantity, 2);
  const auto buy = std::get<BuyAndGet>(
      CompiledDiscount("buy: {quantity: 3, lines: line.quantity > 1}, "
                       "get: {quantity: 2, percent: 50%}")
          .shape);
  EXPECT_EQ(buy.buy, 3);
  EXPECT_NE(buy.buy_lines, nullptr);
  EXPECT_EQ(buy.get, 2);
  EXPECT_TRUE(SameRate(std::get<Rate>(buy.off), Rate(1, 2)));
  const auto each = std::get<BuyAndGet>(
      CompiledDiscount("buy: {quantity: 3}, get: {amount: \"1.00\"}").shape);
  EXPECT_EQ(std::get<Money>(each.off), Money(100));
  const auto cheapest = std::get<CheapestOff>(
      CompiledDiscount("cheapest: {quantity: 2, percent: 30%}").shape);
  EXPECT_EQ(cheapest.quantity, 2);
  EXPECT_TRUE(SameRate(cheapest.percent, Rate(3, 10)));
  const auto shipping = std::get<ShippingOff>(
      CompiledDiscount("shipping: {amount: \"3.00\"}").shape);
  EXPECT_EQ(std::get<Money>(shipping.off), Money(300));
}

TEST(CompileTest, WhatADiscountLeavesOutIsOneUnitAndTheWhole) {
  const auto buy = std::get<BuyAndGet>(
      CompiledDiscount("buy: {quantity: 3}, get: {quantity: 1}").shape);
  EXPECT_EQ(buy.buy_lines, nullptr);
  EXPECT_TRUE(SameRate(std::get<Rate>(buy.off), Rate(1, 1)));
  const auto cheapest =
      std::get<CheapestOff>(CompiledDiscount("cheapest: {}").shape);
  EXPECT_EQ(cheapest.quantity, 1);
  EXPECT_TRUE(SameRate(cheapest.percent, Rate(1, 1)));
  EXPECT_EQ(std::get<FreeItem>(CompiledDiscount("free_item: {sku: a}").shape)
                .quantity,
            1);
}

EarnShape CompiledEarn(const std::string& keys) {
  return Compiled(
             absl::StrCat(kHeader, "rules: [{id: a, earn: {", keys, "}}]\n"))
      .rules.at(0)
      .earn.value();
}

TEST(CompileTest, EveryShapeOfEarningIsTaken) {
  EXPECT_EQ(
      std::get<EarnPerUnit>(CompiledEarn("points: 5, per_unit: true")).points,
      Points(5));
  EXPECT_TRUE(
      SameRate(std::get<EarnMultiply>(CompiledEarn("multiply: \"1.5\"")).by,
               Rate(3, 2)));
  const auto table = std::get<EarnSteps>(
      CompiledEarn("steps: [{up_to: \"50.00\", points: 1, per: \"1.00\"}, "
                   "{points: 20}]"));
  ASSERT_EQ(table.steps.size(), 2U);
  EXPECT_EQ(table.steps[0].up_to, Money(5000));
  EXPECT_EQ(table.steps[0].earn.per, Money(100));
  EXPECT_EQ(table.steps[1].up_to, std::nullopt);
  EXPECT_EQ(table.steps[1].earn.points, Points(20));
}

Rule CompiledRule(const std::string& keys) {
  return Compiled(absl::StrCat(kHeader,
                               "rules: [{id: a, discount: {buy: {quantity: 2}, "
                               "get: {quantity: 1}}, earn: {points: 1}, ",
                               keys, "}]\n"))
      .rules.at(0);
}

TEST(CompileTest, ValidityIsTaken) {
  const Validity valid = CompiledRule(
                             "valid: {from: 2026-01-02, to: 2026-12-31, "
                             "days: [mon, sun], hours: \"22:30-24:00\"}")
                             .valid.value();
  EXPECT_EQ(valid.from, absl::CivilDay(2026, 1, 2));
  EXPECT_EQ(valid.to, absl::CivilDay(2026, 12, 31));
  EXPECT_EQ(valid.days.count(), 2U);
  EXPECT_TRUE(valid.days.test(static_cast<size_t>(absl::Weekday::sunday)));
  EXPECT_EQ(valid.hours->begin, 22 * 60 + 30);
  EXPECT_EQ(valid.hours->end, 24 * 60);
  EXPECT_TRUE(CompiledRule("valid: {from: 2026-01-02}").valid->days.all());
}

TEST(CompileTest, LimitsAreTaken) {
  const Rule rule = CompiledRule(
      "limits: [{per: member, window: 30d, times: 2, points: 3, "
      "discount: \"4.00\"}, {per: day, times: 5}, {per: order, times: 6}, "
      "{per: campaign, points: 7}]");
  ASSERT_EQ(rule.limits.size(), 4U);
  EXPECT_EQ(rule.limits[0].scope, LimitScope::kMember);
  EXPECT_EQ(rule.limits[0].window, LimitWindow::kDay);
  EXPECT_EQ(rule.limits[0].windows, 30);
  EXPECT_EQ(rule.limits[0].times, 2);
  EXPECT_EQ(rule.limits[0].points, Points(3));
  EXPECT_EQ(rule.limits[0].discount, Money(400));
  EXPECT_EQ(rule.limits[1].scope, LimitScope::kCampaign);
  EXPECT_EQ(rule.limits[1].window, LimitWindow::kDay);
  EXPECT_EQ(rule.limits[2].scope, LimitScope::kOrder);
  EXPECT_EQ(std::get<BuyAndGet>(rule.discount->shape).most_sets, 6);
  EXPECT_EQ(rule.limits[3].window, LimitWindow::kEver);
}

TEST(CompileTest, GroupsKnowTheirRulesInTheOrderOfWork) {
  const Rulebook rulebook = Compiled(absl::StrCat(kHeader, R"(rules:
  - {id: a, earn: {points: 1}, stack: {group: g}}
  - {id: b, discount: {percent: 5%}, stack: {group: g, mode: best}}
  - {id: c, lines: line.quantity > 1, discount: {percent: 5%}, priority: 1, stack: {group: g}}
  - {id: d, earn: {points: 1}, stack: {group: h, excludes: [g]}}
)"));
  ASSERT_EQ(rulebook.groups.size(), 2U);
  EXPECT_EQ(rulebook.groups[0].mode, StackMode::kBest);
  std::vector<std::string> ids;
  for (const size_t rule : rulebook.groups[0].rules)
    ids.push_back(rulebook.rules[rule].id);
  EXPECT_EQ(ids, (std::vector<std::string>{"c", "b", "a"}));
  EXPECT_EQ(rulebook.groups[0].excludes, std::vector<size_t>{1});
  EXPECT_EQ(rulebook.groups[1].excludes, std::vector<size_t>{0});
}

TEST(CompileTest, AGroupOfModeBestIsBounded) {
  std::string yaml = absl::StrCat(kHeader, "rules:\n");
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i,
                    ", earn: {points: 1}, stack: {group: g, mode: best}}\n");
  }
  EXPECT_TRUE(CompileYaml(yaml, 1).ok());
  absl::StrAppend(&yaml, "  - {id: z, note: n, stack: {group: g}}\n",
                  "notes: [{id: n, channel: sms, text: {en: Hi}}]\n");
  EXPECT_FALSE(CompileYaml(yaml, 1).ok());
}

TEST(CompileTest, RoundingIsTaken) {
  const Rulebook sample = Compiled(SampleYaml());
  EXPECT_EQ(sample.points_rounding, PointsRounding::kHalfUp);
  EXPECT_EQ(sample.money_rounding, MoneyRounding::kHalfEven);
  const Rulebook plain = Compiled(std::string(kHeader));
  EXPECT_EQ(plain.points_rounding, PointsRounding::kDown);
  EXPECT_EQ(plain.money_rounding, MoneyRounding::kHalfUp);
}

TEST(CompileTest, CodesAndNotesAreFoundById) {
  const Rulebook rulebook = Compiled(SampleYaml());
  const CodeTemplate* code = rulebook.FindCode("thank-you-10");
  ASSERT_NE(code, nullptr);
  EXPECT_EQ(code->uses, 2);
  EXPECT_TRUE(code->bound_to_member);
  EXPECT_EQ(code->lifetime, absl::Hours(60 * 24));
  EXPECT_EQ(code->prefix, "TY");
  EXPECT_EQ(code->symbols, 16);
  EXPECT_EQ(code->priority, 400);
  const CodeTemplate* other = rulebook.FindCode("other");
  ASSERT_NE(other, nullptr);
  EXPECT_EQ(other->uses, 1);
  EXPECT_EQ(other->symbols, 12);
  EXPECT_EQ(other->priority, 500);
  EXPECT_FALSE(other->lifetime.has_value());
  const NoteTemplate* note = rulebook.FindNote("thank-you");
  ASSERT_NE(note, nullptr);
  EXPECT_EQ(note->channel, Channel::kSms);
  EXPECT_EQ(note->text.at("el"), "Ευχαριστούμε! {{code}}");
  EXPECT_EQ(rulebook.FindCode("absent"), nullptr);
  EXPECT_EQ(rulebook.FindNote("absent"), nullptr);
}

TEST(CompileTest, WhatIsNotStatedHasItsDefault) {
  const Rulebook rulebook = Compiled(std::string(kHeader));
  EXPECT_TRUE(rulebook.earn_on_tax);
  EXPECT_TRUE(rulebook.earn_after_discounts);
  EXPECT_TRUE(rulebook.prices_include_tax);
  EXPECT_FALSE(rulebook.points.value.has_value());
  EXPECT_EQ(rulebook.points.minimum, Points(1));
  EXPECT_EQ(rulebook.points.step, Points(1));
  EXPECT_TRUE(SameRate(rulebook.points.max_share, Rate(1, 1)));
  EXPECT_TRUE(std::holds_alternative<NeverExpire>(rulebook.points.expiry));
  EXPECT_FALSE(rulebook.points.pending_days.has_value());
  EXPECT_EQ(rulebook.points.refund_grace_days, 30);
  EXPECT_EQ(rulebook.points.refund_shortfall, RefundShortfall::kNegative);
  EXPECT_EQ(rulebook.points.on_return, OnReturn::kProportional);
  EXPECT_FALSE(rulebook.margin.has_value());
}

TEST(CompileTest, AMessageCompilesToTheSameAsItsYaml) {
  const absl::StatusOr<LoadedRulebook> loaded = LoadYaml(SampleYaml());
  ASSERT_TRUE(loaded.ok());
  const absl::StatusOr<Rulebook> rulebook = CompileMessage(loaded->rulebook, 3);
  ASSERT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  EXPECT_EQ(rulebook->version, 3);
  EXPECT_EQ(IdsOf(rulebook->rules), IdsOf(Compiled(SampleYaml()).rules));
}

TEST(CompileTest, AMessageIsRefusedByFieldPath) {
  v1::Rulebook message = SmallMessage();
  message.add_rules()->set_id("a");
  message.add_rules()->set_id("b");
  const absl::Status status = CompileMessage(message, 1).status();
  EXPECT_EQ(ReasonOf(status), Reason::kRulebookInvalid);
  const std::vector<Violation> violations = ViolationsOf(status);
  ASSERT_EQ(violations.size(), 2U);
  EXPECT_EQ(violations[0].field, "rules[0]");
  EXPECT_EQ(violations[1].field, "rules[1]");
  EXPECT_TRUE(absl::StartsWith(violations[0].description, "does nothing"));
  EXPECT_TRUE(absl::EndsWith(status.message(), "(and 1 more)"));
}

TEST(CompileTest, TooManyEntriesAreRefusedBeforeTheyAreLookedAt) {
  v1::Rulebook message = SmallMessage();
  for (int i = 0; i <= kMaxRules; ++i)
    message.add_rules();
  for (int i = 0; i <= kMaxCodeTemplates; ++i)
    message.add_codes();
  for (int i = 0; i <= kMaxNoteTemplates; ++i)
    message.add_notes();
  const std::vector<Violation> violations =
      ViolationsOf(CompileMessage(message, 1).status());
  ASSERT_EQ(violations.size(), 3U);
  EXPECT_EQ(violations[0].field, "codes");
  EXPECT_EQ(violations[1].field, "notes");
  EXPECT_EQ(violations[2].field, "rules");
}

TEST(CompileTest, ARefusalFitsTheWireHoweverManyMistakesThereAre) {
  v1::Rulebook message = SmallMessage();
  for (int i = 0; i < 2000; ++i) {
    v1::Rule& rule = *message.add_rules();
    rule.set_id(std::string(1000, 'X'));
    rule.set_when(std::string(2000, '"'));
    rule.set_note(absl::StrCat("note-", i));
  }
  const absl::Status status = CompileMessage(message, 1).status();
  EXPECT_FALSE(ViolationsOf(status).empty());
  size_t bytes = status.message().size();
  status.ForEachPayload(
      [&bytes](absl::string_view url, const absl::Cord& data) {
        bytes += url.size() + data.size();
      });
  EXPECT_LT(bytes, 7000U);
}

TEST(CompileTest, TwoThousandRulesCompile) {
  std::string yaml = absl::StrCat(kHeader, "rules:\n");
  for (int i = 0; i < 2000; ++i) {
    absl::StrAppend(
        &yaml, "  - id: rule-", i, "\n    when: member.orders > ", i,
        "\n    discount: {percent: \"5%\"}\n    priority: ", i % 7, "\n");
  }
  const Rulebook rulebook = Compiled(yaml);
  ASSERT_EQ(rulebook.rules.size(), 2000U);
  EXPECT_EQ(rulebook.rules.front().priority, 6);
  EXPECT_EQ(rulebook.rules.back().priority, 0);
}

}  // namespace
}  // namespace pistis
