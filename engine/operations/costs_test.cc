// The catalogue of costs: what sales see of it, and what they keep.
#include "engine/operations/costs.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/operations/commit_order.h"
#include "engine/operations/explain_order.h"
#include "engine/operations/simulation_trial_test.h"
#include "engine/operations/testing.h"
#include "engine/operations/testing_audit.h"
#include "engine/operations/verify_ledger.h"
#include "engine/order/order.h"
#include "engine/storage/keys.h"
#include "engine/storage/memory/memory_store.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Half off, but nothing below cost; what is not known costs 90 %.
constexpr absl::string_view kHalfOff = R"(
points: {value: "0.01", on_return: recompute}
margin:
  unknown_cost: {assume: "90%"}
  category_cost: {hats: "50%"}
  line: {never_below_cost: true}
rules:
  - {id: half, discount: {percent: "50%"}}
  - {id: cheap, lines: line.cost < amount("2.00"), earn: {points: 7}}
)";

v1::OrderLine Line(absl::string_view sku, int64_t amount, int64_t quantity) {
  v1::OrderLine line;
  line.set_line_id(absl::StrCat("l-", sku));
  line.set_sku(std::string(sku));
  line.set_amount_minor(amount);
  line.set_quantity(quantity);
  return line;
}

class CostsTest : public testing::Test {
 protected:
  CostsTest() {
    OpenWith(kHalfOff, shop_);
    EXPECT_TRUE(shop_.Enrol(MemberRequest("ann")).ok());
  }

  std::string Import(const v1::ImportCostsRequest& request) {
    return NameOf(shop_.Import(request).status());
  }

  // From a day on.
  std::string ImportFrom(absl::string_view id, absl::string_view cost,
                         absl::string_view day) {
    v1::ImportCostsRequest request =
        CostsRequest(id, {{"tea", std::string(cost)}});
    *request.mutable_costs(0)->mutable_valid_from() = ToTimestamp(TimeAt(day));
    return Import(request);
  }

  v1::CommitOrderResponse Sell(absl::string_view order_id,
                               const std::vector<v1::OrderLine>& lines) {
    v1::CommitOrderRequest request = SaleRequest(order_id, "ann", {});
    for (const v1::OrderLine& line : lines)
      *request.mutable_order()->add_lines() = line;
    const auto sold = shop_.Commit(request);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.value_or(v1::CommitOrderResponse());
  }
  int64_t CostOf(absl::string_view order_id,
                 const std::vector<v1::OrderLine>& lines) {
    return Sell(order_id, lines).quote().margin().cost_minor();
  }

  [[nodiscard]] v1::Quote Explained(const std::string& order_id) const {
    v1::ExplainOrderRequest request;
    request.set_program_id(std::string(kShop));
    request.set_order_id(order_id);
    auto quote = shop_.Ask(ExplainOrder, request);
    EXPECT_TRUE(quote.ok()) << quote.status();
    if (!quote.ok()) return {};
    quote->clear_trace();
    return *quote;
  }

  // "sku cost seconds", by pages of this size.
  [[nodiscard]] std::vector<std::string> Listed(
      int page_size, const std::string& sku = "") const {
    std::vector<std::string> listed;
    v1::ListCostsRequest request;
    request.set_program_id(std::string(kShop));
    request.set_page_size(page_size);
    request.set_sku(sku);
    do {
      const auto page = shop_.Ask(ListCosts, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->costs_size(), page_size);
      for (const v1::ArticleCost& cost : page->costs()) {
        listed.push_back(absl::StrCat(cost.sku(), " ", cost.cost(), " ",
                                      cost.valid_from().seconds()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return listed;
  }

  MemoryStore store_;
  FakeClock clock_{TimeAt("2026-06-01 10:00")};
  TestShop shop_{store_, clock_};
};

TEST_F(CostsTest, ASaleCostsWhatTheCatalogueSaysRoundedUp) {
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "0.3334"}})), "OK");
  const v1::CommitOrderResponse sold = Sell("o1", {Line("tea", 150, 3)});
  EXPECT_EQ(sold.quote().margin().cost_minor(), 101);
  EXPECT_EQ(sold.quote().discount_minor(), 49);
}

TEST_F(CostsTest,
       TheLineComesBeforeTheCatalogueAndThatBeforeCategoryAndPolicy) {
  v1::OrderLine hat = Line("hat", 1000, 1);
  hat.set_category("hats");
  EXPECT_EQ(CostOf("o1", {hat}), 500);
  EXPECT_EQ(CostOf("o2", {Line("tea", 1000, 1)}), 900);
  EXPECT_EQ(Import(CostsRequest("k1", {{"hat", "3"}, {"tea", "2.50"}})), "OK");
  EXPECT_EQ(CostOf("o3", {hat, Line("tea", 1000, 1)}), 550);
  hat.set_cost_minor(7);
  EXPECT_EQ(CostOf("o4", {hat}), 7);
}

TEST_F(CostsTest, TheCostThatCountsIsThatOfTheTimeOfTheSale) {
  EXPECT_EQ(ImportFrom("k1", "3.00", "2026-03-01"), "OK");
  EXPECT_EQ(ImportFrom("k2", "1.00", "2026-01-01"), "OK");
  EXPECT_EQ(ImportFrom("k3", "9.00", "2026-09-01"), "OK");
  EXPECT_EQ(CostOf("o1", {Line("tea", 1000, 1)}), 300);
  v1::CommitOrderRequest late = SaleRequest("o2", "", {});
  *late.mutable_order()->add_lines() = Line("tea", 1000, 1);
  const auto placed = [&](absl::string_view day, const std::string& id) {
    late.mutable_order()->set_order_id(id);
    *late.mutable_order()->mutable_placed_time() = ToTimestamp(TimeAt(day));
    const auto sold = shop_.Commit(late);
    EXPECT_TRUE(sold.ok()) << sold.status();
    return sold.ok() ? sold->quote().margin().cost_minor() : -1;
  };
  EXPECT_EQ(placed("2026-03-01", "o2"), 300);
  EXPECT_EQ(placed("2026-02-28 23:59", "o3"), 100);
  EXPECT_EQ(placed("2025-12-31", "o4"), 900);
  clock_.Set(TimeAt("2026-09-01"));
  EXPECT_EQ(CostOf("o5", {Line("tea", 1000, 1)}), 900);
}

TEST_F(CostsTest, ConditionsSeeTheCostThatTheCatalogueStates) {
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "1.99"}, {"hat", "2.00"}})),
            "OK");
  EXPECT_EQ(Sell("o1", {Line("tea", 1000, 1)}).quote().points_earned(), 7);
  EXPECT_EQ(Sell("o2", {Line("hat", 1000, 1)}).quote().points_earned(), 0);
  EXPECT_EQ(Sell("o3", {Line("bag", 1000, 1)}).quote().points_earned(), 0);
}

TEST_F(CostsTest, ALaterImportChangesNothingOfACommittedOrder) {
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "1.00"}})), "OK");
  const v1::CommitOrderResponse sold =
      Sell("o1", {Line("tea", 1000, 1), Line("bag", 500, 1)});
  EXPECT_EQ(sold.quote().points_earned(), 7);
  EXPECT_EQ(Import(CostsRequest("k2", {{"tea", "9.00"}, {"bag", "0"}})), "OK");
  EXPECT_EQ(Explained("o1").SerializeAsString(),
            sold.quote().SerializeAsString());
  v1::RefundOrderRequest refund = RefundRequest("o1", "r1");
  v1::RefundLine& part = *refund.add_lines();
  part.set_line_id("l-bag");
  part.set_quantity(1);
  const auto refunded = shop_.Refund(refund);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  // The tea still costs what it did, so its points stay.
  EXPECT_EQ(refunded->points_clawed_back(), 0);
  const auto simulated = Trial(shop_).Against(kHalfOff).Run();
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  ExpectNoDifference(*simulated);
  EXPECT_EQ(simulated->current().points_issued(), 7);
  EXPECT_THAT(Audit(shop_, ProgramId(kShop)), IsEmpty());
}

TEST_F(CostsTest, ASimulationOfTheFirstCapsKnowsWhatSalesWithoutAnyCost) {
  TestShop& shop = shop_;
  ASSERT_TRUE(
      shop.Publish(RulebookRequest("none",
                                   "rules:\n  - {id: half, discount: {percent: "
                                   "\"50%\"}}\n"))
          .ok());
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "8.00"}})), "OK");
  EXPECT_EQ(Sell("o1", {Line("tea", 1000, 1)}).quote().discount_minor(), 500);
  const auto simulated = Trial(shop).Against(kHalfOff).Run();
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  EXPECT_EQ(simulated->candidate().discount_minor(), 200);
}

TEST_F(CostsTest, AStatementOfTheSameArticleAndTimeTakesTheEarliersPlace) {
  EXPECT_EQ(ImportFrom("k1", "3.00", "2026-03-01"), "OK");
  EXPECT_EQ(Import(CostsRequest("k2", {{"tea", "1"}, {"hat", "0.5"}})), "OK");
  v1::ImportCostsRequest again =
      CostsRequest("k3", {{"tea", "2.12345"}, {"tea", "4"}});
  *again.mutable_costs(1)->mutable_valid_from() =
      ToTimestamp(TimeAt("2026-04-01"));
  const auto imported = shop_.Import(again);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->added(), 1);
  EXPECT_EQ(imported->replaced(), 1);
  EXPECT_EQ(imported->catalogue_costs(), 4);
  const std::string april =
      absl::StrCat(absl::ToUnixSeconds(TimeAt("2026-04-01")));
  const std::string march =
      absl::StrCat(absl::ToUnixSeconds(TimeAt("2026-03-01")));
  const std::vector<std::string> all = {"hat 0.50 0", "tea 4.00 " + april,
                                        "tea 3.00 " + march, "tea 2.12345 0"};
  for (const int page_size : {1, 2, 3, 4, 1000})
    EXPECT_EQ(Listed(page_size), all) << page_size;
  EXPECT_EQ(Listed(2, "tea"),
            std::vector<std::string>(all.begin() + 1, all.end()));
  EXPECT_THAT(Listed(2, "te"), IsEmpty());
}

TEST_F(CostsTest, ARequestHasItsEffectOnce) {
  const v1::ImportCostsRequest request = CostsRequest("k1", {{"tea", "1"}});
  const auto first = shop_.Import(request);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Import(CostsRequest("k2", {{"tea", "2"}})), "OK");
  const auto again = shop_.Import(request);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_FALSE(shop_.last_one_wrote());
  EXPECT_THAT(Listed(9), ElementsAre("tea 2.00 0"));
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "3"}})), "REQUEST_ID_REUSED");
}

TEST_F(CostsTest, WhatIsNoStatementIsRefusedByItsPlace) {
  const auto refused = [&](std::pair<std::string, std::string> second) {
    static int number = 0;
    return Import(CostsRequest(absl::StrCat("bad", ++number),
                               {{"tea", "1"}, std::move(second)}));
  };
  EXPECT_EQ(refused({"", "1"}), "FIELD_INVALID costs[1].sku");
  EXPECT_EQ(refused({std::string("a\0b", 3), "1"}),
            "FIELD_INVALID costs[1].sku");
  EXPECT_EQ(refused({std::string(129, 'a'), "1"}),
            "FIELD_INVALID costs[1].sku");
  EXPECT_EQ(refused({"tea", "2"}), "FIELD_INVALID costs[1]");
  for (const char* cost : {"", "-0.01", "1.0000001", "1,50", "1e3", "a",
                           "10000000000.01", "99999999999999999999"}) {
    EXPECT_EQ(refused({"hat", cost}), "FIELD_INVALID costs[1].cost") << cost;
  }
  EXPECT_EQ(Import(CostsRequest("none", {})), "FIELD_INVALID costs");
  EXPECT_EQ(Import(CostsRequest("", {{"tea", "1"}})),
            "FIELD_INVALID request_id");
  v1::ImportCostsRequest elsewhere = CostsRequest("k", {{"tea", "1"}});
  elsewhere.set_program_id("nowhere");
  EXPECT_EQ(Import(elsewhere), "NOT_FOUND");
  EXPECT_THAT(Listed(9), IsEmpty());
}

TEST_F(CostsTest, AnArticleHasAThousandTimesAndNoMore) {
  v1::ImportCostsRequest request = CostsRequest("k1", {});
  for (int day = 0; day < kMaxCostsOfArticle; ++day) {
    v1::ArticleCost& cost = *request.add_costs();
    cost.set_sku("tea");
    cost.set_cost("1.00");
    *cost.mutable_valid_from() =
        ToTimestamp(TimeAt("2020-01-01") + absl::Hours(24 * day));
  }
  EXPECT_EQ(Import(request), "OK");
  EXPECT_EQ(Import(CostsRequest("k2", {{"tea", "1"}})), "LIMIT_REACHED");
  EXPECT_EQ(ImportFrom("k3", "2.00", "2020-01-01"), "OK");
  EXPECT_EQ(Listed(1000).size(), 1000U);
  request.add_costs()->set_sku("hat");
  request.set_request_id("k4");
  EXPECT_EQ(Import(request), "FIELD_INVALID costs");
}

TEST_F(CostsTest, TokensOfNoPageAreRefused) {
  v1::ListCostsRequest request;
  request.set_program_id(std::string(kShop));
  request.set_page_token("abc");
  EXPECT_EQ(NameOf(shop_.Ask(ListCosts, request).status()),
            "FIELD_INVALID page_token");
  request.clear_page_token();
  request.set_page_size(1001);
  EXPECT_EQ(NameOf(shop_.Ask(ListCosts, request).status()),
            "FIELD_INVALID page_size");
}

TEST_F(CostsTest, TheImportIsToldOf) {
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "1"}, {"hat", "2"}})), "OK");
  const auto events = shop_.Events(ProgramId(kShop), "");
  ASSERT_TRUE(events.ok());
  EXPECT_EQ(events->back().costs_imported().costs(), 2);
  EXPECT_EQ(events->back().rulebook_version(), 1);
}

// Counts what is read of the catalogue.
class WatchedReader final : public Reader {
 public:
  explicit WatchedReader(const Reader& base) : base_(base) {}
  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override {
    if (absl::StartsWith(key, "K")) ++reads_;
    return base_.Get(key);
  }
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override {
    EXPECT_FALSE(absl::StartsWith(begin, "K"));
    return base_.Scan(begin, end, visitor);
  }
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override {
    return base_.ScanBackward(begin, end, visitor);
  }
  [[nodiscard]] int reads() const { return reads_; }

 private:
  const Reader& base_;
  mutable int reads_ = 0;
};

int CatalogueReadsOf(const TestShop& shop,
                     const v1::CommitOrderRequest& request) {
  const std::unique_ptr<Snapshot> snapshot = shop.GetSnapshot();
  const WatchedReader reader(*snapshot);
  const auto input = ParseCommitOrder(request, shop.Now());
  EXPECT_TRUE(input.ok());
  const auto sold = CommitOrder(
      shop.env(), reader, {.commit_seq = 1'000, .now = shop.Now()}, *input);
  EXPECT_TRUE(sold.ok()) << sold.status();
  return reader.reads();
}

TEST_F(CostsTest, ASaleReadsEachArticleOnceAndWithoutACatalogueNothing) {
  v1::CommitOrderRequest request = SaleRequest("o1", "ann", {});
  for (const char* line : {"a", "b", "c"}) {
    *request.mutable_order()->add_lines() = Line("tea", 100, 1);
    request.mutable_order()->mutable_lines()->rbegin()->set_line_id(line);
  }
  *request.mutable_order()->add_lines() = Line("hat", 100, 1);
  *request.mutable_order()->add_lines() = Line("bag", 100, 1);
  request.mutable_order()->mutable_lines()->rbegin()->set_cost_minor(5);
  EXPECT_EQ(CatalogueReadsOf(shop_, request), 0);
  EXPECT_EQ(Import(CostsRequest("k1", {{"tea", "1"}})), "OK");
  EXPECT_EQ(CatalogueReadsOf(shop_, request), 2);
}

}  // namespace
}  // namespace pistis
