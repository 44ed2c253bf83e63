#include "engine/rules/discount_shares.h"

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {
namespace {

using testing::ElementsAre;

Discount DiscountOf(const std::string& keys) {
  return RulebookOf(absl::StrCat("rules: [{id: a, discount: {", keys, "}}]"))
      .rules.at(0)
      .discount.value();
}

// A line of so many units that come to so much.
OrderLine Units(int64_t quantity, int64_t amount_minor) {
  OrderLine line;
  line.quantity = quantity;
  line.amount = Money(amount_minor);
  return line;
}

// What the discount takes of whole lines, all of them selected and bought.
std::vector<int64_t> SharesOf(const std::string& keys,
                              const std::vector<OrderLine>& lines) {
  const Order order = OrderWith(lines);
  std::vector<Money> remaining;
  for (const OrderLine& line : order.lines)
    remaining.push_back(line.amount);
  const std::vector<bool> all(lines.size(), true);
  return MinorOf(DiscountShares(DiscountOf(keys),
                                {.lines = order.lines,
                                 .remaining = remaining,
                                 .selected = all,
                                 .bought = all},
                                MoneyRounding::kHalfUp));
}

TEST(DiscountSharesTest, UnitsOfALineAreWorthTheirPartOfIt) {
  // Two of three units at 10.00 together are 6.66.
  EXPECT_THAT(SharesOf("cheapest: {quantity: 2}", {Units(3, 1000)}),
              ElementsAre(666));
  EXPECT_THAT(SharesOf("cheapest: {quantity: 3}", {Units(3, 1000)}),
              ElementsAre(1000));
}

TEST(DiscountSharesTest, TheCheapestIsTheUnitNotTheLine) {
  EXPECT_THAT(SharesOf("cheapest: {}", {Units(4, 400), Units(1, 150)}),
              ElementsAre(100, 0));
}

TEST(DiscountSharesTest, UnitsThatCostNothingAreNeitherBoughtNorGot) {
  EXPECT_THAT(SharesOf("cheapest: {}", {Units(1, 0), Units(1, 150)}),
              ElementsAre(0, 150));
  EXPECT_THAT(SharesOf("buy: {quantity: 1}, get: {quantity: 1}",
                       {Units(1, 0), Units(1, 150)}),
              ElementsAre(0, 0));
}

TEST(DiscountSharesTest, AMillionUnitsAreCountedNotWalked) {
  EXPECT_THAT(SharesOf("buy: {quantity: 2}, get: {quantity: 1}",
                       {Units(1'000'000, 1'000'000)}),
              ElementsAre(333'333));
}

TEST(DiscountSharesTest, APriceOfAllTogetherIsSharedOutAndNeverRaisesAny) {
  EXPECT_THAT(SharesOf("fixed_price: \"9.00\", together: true",
                       {Units(2, 1000), Units(1, 200)}),
              ElementsAre(250, 50));
  EXPECT_THAT(SharesOf("fixed_price: \"9.00\", together: true",
                       {Units(1, 500), Units(1, 399)}),
              ElementsAre(0, 0));
}

TEST(DiscountSharesTest, AnAmountOffUnitsGotIsAtMostTheirPrice) {
  EXPECT_THAT(SharesOf("buy: {quantity: 1}, get: {amount: \"1.00\"}",
                       {Units(5, 15000)}),
              ElementsAre(200));
  EXPECT_THAT(SharesOf("buy: {quantity: 1}, get: {amount: \"1.00\"}",
                       {Units(2, 600), Units(2, 80)}),
              ElementsAre(0, 80));
}

TEST(DiscountSharesTest, BelowTheMinimumNothingIsTaken) {
  EXPECT_THAT(SharesOf("percent: 10%, minimum: \"1.00\"", {Units(1, 994)}),
              ElementsAre(0));
  EXPECT_THAT(SharesOf("percent: 10%, minimum: \"1.00\"", {Units(1, 995)}),
              ElementsAre(100));
}

// Each unit on its own: what may be bought, what may be got, and its price.
struct Unit {
  bool bought = false;
  bool selected = false;
};

// The most units that can be got, by trying all ways to split the units that
// may be either.
int64_t MostGotByTrying(const std::vector<Unit>& units, int64_t buy,
                        int64_t get) {
  int64_t bought_only = 0;
  int64_t selected_only = 0;
  int64_t either = 0;
  for (const Unit& unit : units) {
    bought_only += unit.bought && !unit.selected ? 1 : 0;
    selected_only += unit.selected && !unit.bought ? 1 : 0;
    either += unit.bought && unit.selected ? 1 : 0;
  }
  int64_t most = 0;
  for (int64_t as_bought = 0; as_bought <= either; ++as_bought) {
    const int64_t sets = (bought_only + as_bought) / buy;
    most = std::max(most,
                    std::min(selected_only + either - as_bought, sets * get));
  }
  return most;
}

RC_GTEST_PROP(DiscountSharesProperty, AsManyUnitsAreGotAsCanBe, ()) {
  const int64_t buy = *rc::gen::inRange<int64_t>(1, 4);
  const int64_t get = *rc::gen::inRange<int64_t>(1, 4);
  const auto counts = *rc::gen::container<std::vector<int64_t>>(
      4, rc::gen::inRange<int64_t>(1, 6));
  std::vector<OrderLine> lines;
  std::vector<bool> bought;
  std::vector<bool> selected;
  std::vector<Unit> units;
  for (const int64_t count : counts) {
    lines.push_back(Units(count, count * 100));
    bought.push_back(*rc::gen::arbitrary<bool>());
    selected.push_back(*rc::gen::arbitrary<bool>());
    units.insert(units.end(), static_cast<size_t>(count),
                 {bought.back(), selected.back()});
  }
  const Order order = OrderWith(lines);
  std::vector<Money> remaining;
  for (const OrderLine& line : order.lines)
    remaining.push_back(line.amount);
  const std::vector<Money> shares =
      DiscountShares(DiscountOf(absl::StrCat("buy: {quantity: ", buy,
                                             "}, get: {quantity: ", get, "}")),
                     {.lines = order.lines,
                      .remaining = remaining,
                      .selected = selected,
                      .bought = bought},
                     MoneyRounding::kHalfUp);
  RC_ASSERT(SumOf(shares).value() == MostGotByTrying(units, buy, get) * 100);
}

RC_GTEST_PROP(DiscountSharesProperty, NothingIsTakenTwiceOrBelowZero, ()) {
  const RandomSale sale = AnyRuledSale();
  RC_LOG() << sale;
  std::vector<Money> left;
  for (const OrderLine& line : sale.order.lines)
    left.push_back(line.amount);
  Money shipping = sale.order.shipping;
  for (const ProposedDiscount& discount : sale.proposal.discounts) {
    RC_ASSERT(SumOf(discount.shares) + discount.shipping == discount.requested);
    RC_ASSERT(discount.requested.is_positive());
    RC_ASSERT(discount.requested >= discount.minimum);
    for (size_t i = 0; i < left.size(); ++i) {
      RC_ASSERT(!discount.shares[i].is_negative());
      left[i] -= discount.shares[i];
      RC_ASSERT(!left[i].is_negative());
    }
    shipping -= discount.shipping;
    RC_ASSERT(!shipping.is_negative());
  }
}

}  // namespace
}  // namespace pistis
