// What a cap's limit is worked out from, and how much more would do.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/margin/guard.h"
#include "engine/margin/small_sale_test.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;

std::string Shown(const std::optional<Money>& amount) {
  return amount ? absl::StrCat(amount->value()) : "-";
}

// "cap: base needed" for each cap that bound.
std::vector<std::string> BasesOf(const MarginPolicy& policy,
                                 std::vector<OrderLine> lines,
                                 const std::vector<int64_t>& asked) {
  RandomSale sale;
  sale.rulebook.currency = {.code = "EUR", .decimals = 2};
  sale.rulebook.margin = policy;
  sale.order = OrderWith(std::move(lines));
  ProposedDiscount discount{.rule_id = "r", .code = ""};
  discount.shares = MoneyOf(asked);
  discount.requested = SumOf(discount.shares);
  sale.proposal.discounts.push_back(discount);
  const auto grant = GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  EXPECT_TRUE(grant.ok());
  std::vector<std::string> shown;
  for (const BoundCap& cap : grant->caps) {
    shown.push_back(absl::StrCat(cap.cap_id, ": ", Shown(cap.base), " ",
                                 Shown(cap.needed_base)));
  }
  return shown;
}

MarginPolicy NoCaps() {
  return {.unknown_cost = Rate(1, 2), .category_cost = {}};
}

OrderLine Line(int64_t amount, int64_t cost, int64_t tax = 0) {
  return {.amount = Money(amount), .tax = Money(tax), .cost = Money(cost)};
}

TEST(CapBaseTest, CapsOnTheOrderTellTheirBaseAndWhatItWouldHaveToBe) {
  MarginPolicy policy = NoCaps();
  policy.order = {.max_discount = Rate(30, 100),
                  .max_discount_amount = Money(200),
                  .max_share_of_margin = Rate(1, 2),
                  .min_margin = Rate(1, 10)};
  EXPECT_THAT(BasesOf(policy, {Line(600, 500), Line(400, 300)}, {300, 200}),
              ElementsAre("margin.order.max_discount: 1000 1667",
                          "margin.order.max_discount_amount: - -",
                          "margin.order.max_share_of_margin: 200 1000",
                          "margin.order.min_margin: 1000 1389"));
}

TEST(CapBaseTest, CapsOnALineTellThoseOfTheLine) {
  MarginPolicy policy = NoCaps();
  policy.never_below_cost = true;
  EXPECT_THAT(BasesOf(policy, {Line(1000, 800)}, {500}),
              ElementsAre("margin.line.never_below_cost: 1000 1300"));
  // A discount of 500 carries 100 of the tax.
  EXPECT_THAT(BasesOf(policy, {Line(1000, 700, 200)}, {500}),
              ElementsAre("margin.line.never_below_cost: 800 1100"));
  policy = NoCaps();
  policy.line.max_discount = Rate(1, 3);
  EXPECT_THAT(BasesOf(policy, {Line(1000, 0)}, {500}),
              ElementsAre("margin.line.max_discount: 1000 1500"));
  policy.line = {.max_discount = {}, .max_discount_amount = Money(1)};
  EXPECT_THAT(BasesOf(policy, {Line(1000, 0)}, {500}),
              ElementsAre("margin.line.max_discount_amount: - -"));
}

TEST(CapBaseTest, WhereNoBaseWouldDoNoneIsTold) {
  MarginPolicy policy = NoCaps();
  policy.order.max_discount = Rate(0, 1);
  EXPECT_THAT(BasesOf(policy, {Line(1000, 0)}, {1}),
              ElementsAre("margin.order.max_discount: 1000 -"));
  policy.order = {.max_discount = {}, .min_margin = Rate(1, 1)};
  EXPECT_THAT(BasesOf(policy, {Line(1000, 1)}, {1}),
              ElementsAre("margin.order.min_margin: 1000 -"));
  policy.order = {.max_discount = Rate(1, 1'000'000'000)};
  EXPECT_THAT(BasesOf(policy, {Line(1'000'000, 1)}, {1'000'000}),
              ElementsAre("margin.order.max_discount: 1000000 -"));
}

bool Binds(const RandomSale& sale, const BoundCap& cap) {
  const auto grant = GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok());
  for (const BoundCap& bound : grant->caps) {
    if (bound.cap_id == cap.cap_id && bound.line_id == cap.line_id) return true;
  }
  return false;
}

// The category that a cap is on; empty for the order.
std::string CategoryOf(const std::string& cap_id) {
  const size_t begin = cap_id.find('"');
  const size_t end = cap_id.rfind('"');
  if (begin == end) return "";
  return cap_id.substr(begin + 1, end - begin - 1);
}

// The sale with so much more of what costs nothing and gets no discount: on the
// cap's line, or on one more.
RandomSale WithMore(RandomSale sale, const BoundCap& cap, Money more) {
  for (OrderLine& line : sale.order.lines) {
    if (line.line_id == cap.line_id) line.amount += more;
  }
  if (!cap.line_id.empty()) return sale;
  sale.order.lines.push_back({.line_id = "more",
                              .category = CategoryOf(cap.cap_id),
                              .amount = more,
                              .cost = Money()});
  for (ProposedDiscount& discount : sale.proposal.discounts)
    discount.shares.emplace_back();
  if (sale.proposal.redemption) {
    sale.proposal.redemption->shares.emplace_back();
  }
  return sale;
}

RC_GTEST_PROP(CapBaseProperty, ACapBindsNoLongerAtTheBaseThatIsNeeded, ()) {
  const RandomSale sale = SmallSales(SmallTax::kNone).Draw();
  RC_LOG() << sale;
  const auto grant = GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok());
  for (const BoundCap& cap : grant->caps) {
    if (!cap.needed_base) continue;
    RC_ASSERT(*cap.needed_base > *cap.base);
    RC_ASSERT(!Binds(WithMore(sale, cap, *cap.needed_base - *cap.base), cap));
  }
}

// Where nothing else cuts, neither another cap nor a minimum, it is exact.
RC_GTEST_PROP(CapBaseProperty, AUnitLessThanTheNeededBaseBindsStill, ()) {
  RandomSale sale = SmallSales(SmallTax::kNone).Draw();
  for (ProposedDiscount& discount : sale.proposal.discounts)
    discount.minimum = Money();
  RC_LOG() << sale;
  const auto grant = GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok());
  RC_CLASSIFY(grant->caps.size() == 1);
  if (grant->caps.size() != 1 || !grant->caps[0].needed_base) return;
  const BoundCap& cap = grant->caps.front();
  const Money less = *cap.needed_base - *cap.base - Money(1);
  const RandomSale almost = WithMore(sale, cap, less);
  if (Binds(almost, cap)) return;
  // Another cap, which this one was hiding, cuts by now.
  const auto other =
      GrantBenefits(almost.rulebook, almost.order, almost.proposal);
  RC_ASSERT(other.ok());
  RC_ASSERT(!other->caps.empty());
}

}  // namespace
}  // namespace pistis
