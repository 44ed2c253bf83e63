// What an order's conditions may cost, and what becomes of one that asks more.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/explain_order.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

// Each of them looks at all lines for each line.
std::string RulesThatCompareAllLines(int count) {
  std::string yaml = "rules:\n";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&yaml, "  - id: r", i,
                    "\n    lines: order.lines.all(l, l.amount <= line.amount)"
                    "\n    earn: {points: 1}\n");
  }
  return yaml;
}

std::vector<int64_t> Lines(size_t count) {
  return std::vector<int64_t>(count, 100);
}

class OrderCostTest : public testing::Test {
 protected:
  void Open(absl::string_view yaml) {
    OpenWith(yaml, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-01-10 10:00")};
  TestShop shop_{store_, clock_};
};

TEST_F(OrderCostTest, AnOrderWhoseConditionsCostTooMuchIsRefusedWhole) {
  Open(RulesThatCompareAllLines(20));
  const Contents before = shop_.AllButRequests();
  const auto sold = shop_.Commit(SaleRequest("o1", "ann", Lines(2000)));
  EXPECT_EQ(NameOf(sold.status()), "LIMIT_REACHED");
  EXPECT_EQ(FactsOf(sold.status()),
            (std::vector<std::pair<std::string, std::string>>{
                {"limit", "condition_steps"}}));
  EXPECT_EQ(shop_.AllButRequests(), before);
  v1::QuoteOrderRequest quote;
  quote.set_program_id(std::string(kShop));
  *quote.mutable_order() = SaleRequest("o1", "ann", Lines(2000)).order();
  EXPECT_EQ(NameOf(shop_.Ask(QuoteOrder, quote).status()), "LIMIT_REACHED");
}

TEST_F(OrderCostTest, TheSameRulesGiveTheirPointsToAnOrderOfUsualSize) {
  Open(RulesThatCompareAllLines(20));
  const auto sold = shop_.Commit(SaleRequest("o1", "ann", Lines(100)));
  ASSERT_TRUE(sold.ok()) << sold.status();
  EXPECT_EQ(sold->quote().points_earned(), 20);
  v1::ExplainOrderRequest explain;
  explain.set_program_id(std::string(kShop));
  explain.set_order_id("o1");
  const auto explained = shop_.Ask(ExplainOrder, explain);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->trace().steps_size(), 20);
}

TEST_F(OrderCostTest, TheLargestOrderAndAHundredRulesByLineAreNoTrouble) {
  std::string yaml = "rules:\n";
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&yaml, "  - id: r", i, "\n    lines: line.amount > ", i,
                    "\n    earn: {points: 1, per: \"1.00\"}\n");
  }
  Open(yaml);
  const auto sold = shop_.Commit(SaleRequest("o1", "ann", Lines(2000)));
  ASSERT_TRUE(sold.ok()) << sold.status();
  EXPECT_EQ(sold->quote().points_earned(), 200'000);
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

// Each candidate of a best group is worth what all base rules give, multiplied.
TEST_F(OrderCostTest, TheBestOfManyMultiplesIsBoundedToo) {
  std::string yaml = "rules:\n";
  for (int i = 0; i < 300; ++i) {
    absl::StrAppend(&yaml, "  - id: b", i, "\n    earn: {points: 1}\n");
    if (i >= 100) continue;
    absl::StrAppend(&yaml, "  - id: m", i,
                    "\n    earn: {multiply: \"2\"}"
                    "\n    stack: {group: g, mode: best}\n");
  }
  Open(yaml);
  EXPECT_EQ(
      NameOf(shop_.Commit(SaleRequest("o1", "ann", Lines(2000))).status()),
      "LIMIT_REACHED");
  const auto sold = shop_.Commit(SaleRequest("o2", "ann", Lines(5)));
  ASSERT_TRUE(sold.ok()) << sold.status();
  EXPECT_EQ(sold->quote().points_earned(), 600);
}

// Examples of 100 lines that get what they should.
std::string ExamplesOf(int count) {
  std::string yaml = "examples:\n";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(
        &yaml, "  - id: e", i, "\n    order: {member: {id: ann}, lines: [",
        absl::StrJoin(std::vector<std::string>(100, "{amount: \"1.00\"}"),
                      ", "),
        "]}\n    gets: {points: 150}\n");
  }
  return yaml;
}

TEST_F(OrderCostTest, ExamplesTogetherMayTakeSoManySteps) {
  const std::string rules = RulesThatCompareAllLines(150);
  Open(rules + ExamplesOf(3));
  const auto published =
      shop_.Publish(RulebookRequest("p2", rules + ExamplesOf(20)));
  EXPECT_EQ(NameOf(published.status()), "RULEBOOK_INVALID");
  EXPECT_THAT(std::string(published.status().message()),
              testing::HasSubstr("steps"));
}

// The sale looks at none of them, the trace at as many as it has steps for.
TEST_F(OrderCostTest, WhatCouldBeCommittedCanBeExplained) {
  std::string yaml =
      "lists:\n  - {id: a, skus: [tea]}\nrules:\n"
      "  - {id: base, earn: {points: 1, per: \"1.00\"}}\n";
  for (int i = 0; i < 9990; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i,
                    ", lines: line.amount > 1 && line.sku in lists.a, "
                    "discount: {percent: \"1%\"}}\n");
  }
  Open(yaml);
  const auto sold = shop_.Commit(SaleRequest("o1", "ann", Lines(2000)));
  ASSERT_TRUE(sold.ok()) << sold.status();
  v1::ExplainOrderRequest explain;
  explain.set_program_id(std::string(kShop));
  explain.set_order_id("o1");
  const auto explained = shop_.Ask(ExplainOrder, explain);
  ASSERT_TRUE(explained.ok()) << explained.status();
  EXPECT_EQ(explained->points_earned(), 2000);
  const v1::Trace& trace = explained->trace();
  EXPECT_EQ(trace.steps_size() + trace.unlisted_steps(), 9991);
  const v1::TraceStep& base = trace.steps(trace.steps_size() - 1);
  EXPECT_EQ(base.rule_id(), "base");
  EXPECT_EQ(base.outcome(), v1::TraceStep::APPLIED);
}

// Each rule has a sum of its own under each budget, to be read and charged.
TEST_F(OrderCostTest, WhatBudgetsCostCountsToo) {
  std::string yaml = "budgets:\n";
  for (int i = 0; i < 20; ++i) {
    absl::StrAppend(&yaml, "  - {id: b", i,
                    ", per: rule, window: 366d, max_points: 1000}\n");
  }
  absl::StrAppend(&yaml, "rules:\n");
  for (int i = 0; i < 1000; ++i)
    absl::StrAppend(&yaml, "  - {id: r", i, ", earn: {points: 1}}\n");
  Open(yaml);
  const auto refused = shop_.Commit(SaleRequest("o1", "ann", {500}));
  EXPECT_EQ(NameOf(refused.status()), "LIMIT_REACHED");
}

// Each of 50 nested categories has caps, which look at all lines for each
// discount.
TEST_F(OrderCostTest, WhatCapsCostCountsToo) {
  std::string yaml =
      "margin:\n  unknown_cost: {assume: \"50%\"}\n  category:\n";
  std::string path = "a";
  for (int i = 0; i < 50; ++i) {
    absl::StrAppend(&yaml, "    ", path,
                    ": {max_discount: \"5%\", max_share_of_margin: \"9%\"}\n");
    path += "/a";
  }
  absl::StrAppend(&yaml, "rules:\n");
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i, ", discount: {percent: \"1%\"}}\n");
  }
  Open(yaml);
  v1::CommitOrderRequest sale = SaleRequest("o1", "ann", Lines(2000));
  for (v1::OrderLine& line : *sale.mutable_order()->mutable_lines()) {
    line.set_category(path);
    line.set_tax_minor(17);
  }
  EXPECT_EQ(NameOf(shop_.Commit(sale).status()), "LIMIT_REACHED");
  sale.mutable_order()->mutable_lines()->DeleteSubrange(5, 1995);
  const auto sold = shop_.Commit(sale);
  ASSERT_TRUE(sold.ok()) << sold.status();
  EXPECT_TRUE(Audit(shop_, ProgramId(kShop)).empty());
}

TEST_F(OrderCostTest, WhatLimitsCostCountsToo) {
  std::string yaml = "rules:\n";
  for (int i = 0; i < 2000; ++i) {
    absl::StrAppend(&yaml, "  - {id: r", i,
                    ", earn: {points: 1}, limits: [{per: campaign, window: "
                    "366d, times: 9}]}\n");
  }
  Open(yaml);
  EXPECT_EQ(NameOf(shop_.Commit(SaleRequest("o1", "ann", Lines(1))).status()),
            "LIMIT_REACHED");
}

// The conditions of what is kept may cost more than those of the sale did.
TEST_F(OrderCostTest, AReturnThatCostsTooMuchTakesPointsInProportion) {
  std::string yaml = "points: {on_return: recompute}\nrules:\n";
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&yaml, "  - id: r", i,
                    "\n    lines: order.lines.exists(l, l.quantity > 1)"
                    "\n    earn: {points: 1, per: \"1.00\"}\n");
  }
  Open(yaml);
  v1::CommitOrderRequest sale = SaleRequest("o1", "ann", Lines(1000));
  sale.mutable_order()->mutable_lines(0)->set_quantity(2);
  const auto sold = shop_.Commit(sale);
  ASSERT_TRUE(sold.ok()) << sold.status();
  EXPECT_EQ(sold->quote().points_earned(), 40'000);
  v1::RefundOrderRequest refund = RefundRequest("o1", "r1");
  v1::RefundLine* line = refund.add_lines();
  line->set_line_id("l1");
  line->set_quantity(2);
  const auto refunded = shop_.Refund(refund);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->points_clawed_back(), 40);
}

}  // namespace
}  // namespace pistis
