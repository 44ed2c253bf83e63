#include "engine/rulebook/examples.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/test_support.h"

namespace pistis {
namespace {

constexpr absl::string_view kRules =
    "rules: [{id: base, earn: {points: 1, per: \"1.00\"}}]\n"
    "codes: [{id: ten, discount: {percent: 10%}}]\n"
    "notes: [{id: hi, channel: sms, text: {en: Hi}}]\n";

std::vector<Example> Read(absl::string_view examples) {
  const std::string yaml = absl::StrCat(kHeader, kRules, examples);
  const absl::StatusOr<LoadedRulebook> loaded = LoadYaml(yaml);
  EXPECT_TRUE(loaded.ok()) << Explained(loaded.status());
  if (!loaded.ok()) return {};
  const absl::StatusOr<Rulebook> rulebook = Compile(*loaded, 0);
  EXPECT_TRUE(rulebook.ok()) << Explained(rulebook.status());
  if (!rulebook.ok()) return {};
  Reporter reporter(nullptr);
  return CompileExamples(loaded->rulebook, *rulebook, reporter);
}

TEST(ExamplesTest, AMemberIsReadAsConditionsSeeOne) {
  const std::vector<Example> examples = Read(R"(tiers:
  - {id: gold, qualify: {orders: 5}}
segments: [{id: vip}, {id: fans}]
examples:
  - id: a
    order:
      member: {tier: gold, segments: [vip, fans], spend: "120.50",
               joined: "2024-05-01", birthday: "1992-02-29",
               attributes: {size: L}}
      lines: [{amount: "1.00"}]
    gets: {tier_points: 0, segments: [none]}
)");
  ASSERT_EQ(examples.size(), 1U);
  const ExampleBuyer& buyer = *examples[0].buyer;
  EXPECT_EQ(buyer.tier, "gold");
  EXPECT_EQ(buyer.segments, (std::vector<std::string>{"fans", "vip"}));
  EXPECT_EQ(buyer.spend, Money(12050));
  EXPECT_EQ(absl::ToCivilDay(*buyer.joined, absl::UTCTimeZone()),
            absl::CivilDay(2024, 4, 30));
  EXPECT_EQ(buyer.birthday, absl::CivilDay(1992, 2, 29));
  EXPECT_EQ(buyer.attributes.at("size"), "L");
  EXPECT_EQ(examples[0].gets.tier_points, Points(0));
  EXPECT_EQ(examples[0].gets.segments, std::vector<std::string>());
}

TEST(ExamplesTest, AnOrderIsReadAsItIsStated) {
  const std::vector<Example> examples = Read(R"(examples:
  - id: all
    order:
      member: {orders: 3, points: 250, language: el, id: ann}
      channel: pos
      store: s1
      terminal: t1
      placed: "2026-03-02 10:30"
      shipping: "4.90"
      redeem: 100
      codes: [ten]
      attributes: {staff: "yes"}
      lines:
        - {amount: "4.50", quantity: 2, sku: tea, category: drinks/tea,
           tags: [hot, green], tax: "0.80", cost: "0.00"}
        - {amount: "0.00"}
    gets: {discount: "0.00"}
)");
  ASSERT_EQ(examples.size(), 1U);
  const Example& example = examples[0];
  EXPECT_EQ(example.buyer->id, "ann");
  EXPECT_EQ(example.buyer->orders, 3);
  EXPECT_EQ(example.buyer->points, Points(250));
  EXPECT_EQ(example.buyer->language, "el");
  EXPECT_EQ(example.codes, std::vector<size_t>{0});
  absl::TimeZone athens;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Athens", &athens));
  EXPECT_EQ(example.placed,
            absl::FromCivil(absl::CivilMinute(2026, 3, 2, 10, 30), athens));
  const v1::Order& order = example.order;
  EXPECT_EQ(order.order_id(), "all");
  EXPECT_EQ(order.member_id(), "ann");
  EXPECT_EQ(order.channel(), "pos");
  EXPECT_EQ(order.store_id(), "s1");
  EXPECT_EQ(order.terminal_id(), "t1");
  EXPECT_EQ(order.shipping_minor(), 490);
  EXPECT_EQ(order.redeem().points(), 100);
  EXPECT_EQ(order.attributes().at("staff"), "yes");
  ASSERT_EQ(order.lines_size(), 2);
  EXPECT_EQ(order.lines(0).line_id(), "l1");
  EXPECT_EQ(order.lines(0).amount_minor(), 450);
  EXPECT_EQ(order.lines(0).quantity(), 2);
  EXPECT_EQ(order.lines(0).tags(1), "green");
  EXPECT_EQ(order.lines(0).tax_minor(), 80);
  EXPECT_TRUE(order.lines(0).has_cost_minor());
  EXPECT_EQ(order.lines(1).quantity(), 1);
  EXPECT_FALSE(order.lines(1).has_cost_minor());
}

TEST(ExamplesTest, WhatIsNotStatedIsNotExpected) {
  const std::vector<Example> examples = Read(R"(examples:
  - id: little
    order: {lines: [{amount: "4.50"}], redeem: all}
    gets: {points: 0}
  - id: much
    order: {lines: [{amount: "4.50"}]}
    gets:
      discount: "0.50"
      total: "4.00"
      redeemed: 5
      discounts: {ten: "0.50", base: "0.00"}
      earned: {base: "4"}
      codes: [none]
      notes: [hi]
)");
  ASSERT_EQ(examples.size(), 2U);
  const ExpectedOutcome& little = examples[0].gets;
  EXPECT_EQ(little.points, Points(0));
  EXPECT_FALSE(little.discount || little.total || little.redeemed ||
               little.codes || little.notes);
  EXPECT_FALSE(examples[0].buyer || examples[0].placed);
  EXPECT_TRUE(examples[0].order.redeem().all());
  const ExpectedOutcome& much = examples[1].gets;
  EXPECT_EQ(much.discount, Money(50));
  EXPECT_EQ(much.total, Money(400));
  EXPECT_EQ(much.redeemed, Points(5));
  EXPECT_EQ(much.discounts.at("ten"), Money(50));
  EXPECT_EQ(much.earned.at("base"), Points(4));
  EXPECT_EQ(much.codes, std::vector<std::string>());
  EXPECT_EQ(much.notes, std::vector<std::string>{"hi"});
}

TEST(ExamplesTest, TooManyExamplesAndLinesAreRefused) {
  std::string many = "examples:\n";
  for (int i = 0; i <= kMaxExamples; ++i) {
    absl::StrAppend(&many, "  - {id: e", i,
                    ", order: {lines: [{amount: \"1.00\"}]}, gets: {points: "
                    "1}}\n");
  }
  std::string lines = "{amount: \"1.00\"}";
  for (int i = 1; i < kMaxExampleLines; ++i)
    absl::StrAppend(&lines, ", {amount: \"1.00\"}");
  std::string long_ones = "examples:\n";
  for (int i = 0; i <= kMaxLinesOfExamples / kMaxExampleLines; ++i) {
    absl::StrAppend(&long_ones, "  - {id: e", i, ", order: {lines: [", lines,
                    "]}, gets: {points: 1}}\n");
  }
  for (const std::string& examples : {many, long_ones}) {
    const absl::Status status =
        CompileYaml(absl::StrCat(kHeader, kRules, examples), 1).status();
    EXPECT_TRUE(absl::StrContains(status.message(), "are allowed")) << status;
    EXPECT_EQ(ViolationsOf(status).size(), 1U);
  }
}

}  // namespace
}  // namespace pistis
