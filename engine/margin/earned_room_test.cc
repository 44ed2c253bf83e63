#include "engine/margin/earned_room.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/margin/cap_books_test.h"
#include "engine/margin/guard.h"
#include "engine/margin/small_sale_test.h"
#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"
#include "tests/support/random_sale.h"

namespace pistis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A sale that counts earned points, each worth a cent.
RandomSale Counting(const std::vector<OrderLine>& lines) {
  RandomSale sale;
  sale.rulebook.currency = {.code = "EUR", .decimals = 2};
  sale.rulebook.points.value = Rate(1, 100);
  sale.rulebook.margin = MarginPolicy{.unknown_cost = Rate(0, 1)};
  sale.rulebook.margin->counts_earned_points = true;
  sale.order = OrderWith(lines);
  return sale;
}

Earned EarnedOf(const std::vector<int64_t>& by_rule,
                const std::vector<int64_t>& by_line) {
  Earned earned;
  for (const int64_t points : by_rule) {
    earned.by_rule.push_back(
        {.rule_id = absl::StrCat("e", earned.by_rule.size()),
         .points = Points(points)});
    earned.points += Points(points);
  }
  for (const int64_t points : by_line)
    earned.line_points.emplace_back(points);
  return earned;
}

Grant GrantOf(const RandomSale& sale) {
  auto grant = GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  EXPECT_TRUE(grant.ok()) << grant.status();
  return grant.ok() ? *std::move(grant) : Grant();
}

void CutAndTake(const RandomSale& sale, Grant& grant, Earned& earned) {
  EarnedRoom room(sale.rulebook, grant);
  room.Cut(earned);
  room.Take(earned);
}

std::vector<int64_t> ByRule(const Earned& earned) {
  std::vector<int64_t> points;
  for (const RulePoints& of : earned.by_rule)
    points.push_back(of.points.value());
  return points;
}

std::vector<int64_t> ByLine(const Earned& earned) {
  std::vector<int64_t> points;
  for (const Points of_line : earned.line_points)
    points.push_back(of_line.value());
  return points;
}

void TakeOff(int64_t minor, RandomSale& sale) {
  ProposedDiscount discount{.rule_id = "r", .code = ""};
  discount.shares.resize(sale.order.lines.size());
  discount.shares[0] = Money(minor);
  discount.requested = Money(minor);
  sale.proposal.discounts.push_back(discount);
}

TEST(EarnedRoomTest, WhatDiscountsLeaveMayBeEarnedAndTheLastRulesAreCut) {
  RandomSale sale = Counting({{.amount = Money(1000)}});
  sale.rulebook.margin->order.max_discount = Rate(1, 10);
  TakeOff(60, sale);
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({30, 20, -5, 45}, {90});
  CutAndTake(sale, grant, earned);
  EXPECT_EQ(earned.points, Points(40));
  EXPECT_THAT(ByRule(earned), ElementsAre(30, 15, -5, 0));
  ASSERT_EQ(grant.caps.size(), 1U);
  EXPECT_EQ(grant.caps[0].limit, Money(100));
  EXPECT_EQ(grant.caps[0].requested, Money(150));
  EXPECT_EQ(grant.caps[0].granted, Money(100));
  EXPECT_EQ(grant.caps[0].needed_base, Money(1500));
  EXPECT_EQ(grant.margin->given, Money(100));
  EXPECT_EQ(grant.discount(), Money(60));
}

TEST(EarnedRoomTest, ACapThatCutADiscountIsToldOnceWithBoth) {
  RandomSale sale = Counting({{.amount = Money(1000)}});
  sale.rulebook.margin->order.max_discount = Rate(1, 10);
  TakeOff(130, sale);
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({20}, {20});
  CutAndTake(sale, grant, earned);
  EXPECT_EQ(earned.points, Points());
  EXPECT_THAT(ByLine(earned), ElementsAre(0));
  ASSERT_EQ(grant.caps.size(), 1U);
  EXPECT_EQ(grant.caps[0].requested, Money(150));
  EXPECT_EQ(grant.caps[0].granted, Money(100));
}

TEST(EarnedRoomTest, ACategoryKeepsThePointsOfItsLinesAlone) {
  RandomSale sale = Counting({{.category = "tea", .amount = Money(1000)},
                              {.category = "mugs", .amount = Money(1000)}});
  sale.rulebook.margin->category["tea"].max_discount_amount = Money(7);
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({40}, {20, 20});
  CutAndTake(sale, grant, earned);
  EXPECT_THAT(ByLine(earned), ElementsAre(7, 20));
  EXPECT_EQ(earned.points, Points(27));
}

// Together the lines have room for a point of two cents, neither has alone.
TEST(EarnedRoomTest, NoLineEarnsAPointThatItsOwnCapHasNoRoomFor) {
  RandomSale sale = Counting({{.category = "tea", .amount = Money(1000)},
                              {.category = "mugs", .amount = Money(1000)}});
  sale.rulebook.points.value = Rate(2, 100);
  sale.rulebook.margin->category["tea"].max_discount_amount = Money(1);
  sale.rulebook.margin->category["mugs"].max_discount_amount = Money(1);
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({8}, {4, 4});
  CutAndTake(sale, grant, earned);
  EXPECT_EQ(earned.points, Points());
  EXPECT_THAT(ByLine(earned), ElementsAre(0, 0));
}

TEST(EarnedRoomTest, WhatIsNotCountedIsNotCut) {
  RandomSale sale = Counting({{.amount = Money(1000)}});
  sale.rulebook.margin->order.max_discount_amount = Money(1);
  sale.rulebook.margin->counts_earned_points = false;
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({40}, {40});
  CutAndTake(sale, grant, earned);
  EXPECT_EQ(earned, EarnedOf({40}, {40}));
  EXPECT_THAT(grant.caps, IsEmpty());
  EXPECT_EQ(grant.margin->given, Money());
}

TEST(EarnedRoomTest, WhatIsNotEarnedRefusesNoOrder) {
  RandomSale sale = Counting({{.amount = Money(1000)}});
  sale.rulebook.margin->order.max_discount_amount = Money(1);
  sale.rulebook.margin->on_exceed = OnExceed::kRefuse;
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({40}, {40});
  CutAndTake(sale, grant, earned);
  EXPECT_EQ(earned.points, Points(1));
}

TEST(EarnedRoomTest, PointsThatAreWorthLessThanAUnitTakeNoRoom) {
  RandomSale sale = Counting({{.amount = Money(1000)}});
  sale.rulebook.points.value = Rate(1, 1000);
  sale.rulebook.margin->order.max_discount_amount = Money();
  Grant grant = GrantOf(sale);
  Earned earned = EarnedOf({25}, {25});
  CutAndTake(sale, grant, earned);
  EXPECT_EQ(earned.points, Points(9));
  EXPECT_THAT(ByLine(earned), ElementsAre(9));
}

// Points of two rules, and perhaps of one that takes some away.
Earned AnyEarned(size_t lines) {
  const auto up_to = [](int64_t most) {
    return *rc::gen::resize(rc::kNominalSize,
                            rc::gen::inRange<int64_t>(0, most + 1));
  };
  std::vector<int64_t> by_line;
  for (size_t i = 0; i < lines; ++i)
    by_line.push_back(up_to(30));
  const int64_t sum =
      std::accumulate(by_line.begin(), by_line.end(), int64_t{});
  const int64_t less = up_to(5);
  const int64_t first = up_to(sum);
  return EarnedOf({first, -less, sum - first + less}, by_line);
}

struct CutSale {
  RandomSale sale;
  Grant grant;
  Earned asked;
  Earned earned;
};

CutSale AnyCutSale(SmallTax tax) {
  CutSale cut{
      .sale = SmallSales(tax).Draw(), .grant = {}, .asked = {}, .earned = {}};
  cut.sale.rulebook.margin->counts_earned_points = true;
  cut.sale.rulebook.points.value =
      *rc::gen::element(Rate(1, 100), Rate(3, 1000), Rate(2, 100));
  // Its worth was drawn for points of a cent.
  cut.sale.proposal.redemption.reset();
  cut.asked = AnyEarned(cut.sale.order.lines.size());
  cut.earned = cut.asked;
  RC_LOG() << cut.sale;
  cut.grant = GrantOf(cut.sale);
  CutAndTake(cut.sale, cut.grant, cut.earned);
  return cut;
}

Books BooksOf(const CutSale& cut) {
  Books books(cut.sale);
  for (const Benefit& benefit : InOrder(cut.sale.proposal, cut.grant))
    books.Add(benefit);
  return books;
}

RC_GTEST_PROP(EarnedRoomProperty, NoEarnedPointBreaksACap, ()) {
  const SmallTax tax = *rc::gen::element(SmallTax::kNone, SmallTax::kSome);
  const CutSale cut = AnyCutSale(tax);
  Books books = BooksOf(cut);
  books.AddEarned(WorthByLine(cut.sale.rulebook, cut.earned.line_points));
  RC_ASSERT(books.Hold());
  RC_ASSERT(cut.grant.margin->given.value() == books.NetGiven());
  RC_ASSERT(cut.earned.points <= cut.asked.points);
  Points by_rule;
  for (size_t i = 0; i < cut.earned.by_rule.size(); ++i) {
    RC_ASSERT(cut.earned.by_rule[i].points <= cut.asked.by_rule[i].points);
    by_rule += cut.earned.by_rule[i].points;
  }
  Points by_line;
  for (const Points points : cut.earned.line_points) {
    RC_ASSERT(!points.is_negative());
    by_line += points;
  }
  RC_ASSERT(by_rule == cut.earned.points);
  RC_ASSERT(by_line == cut.earned.points);
}

RC_GTEST_PROP(EarnedRoomProperty, NoEarnedPointBreaksACapOfLargeSales, ()) {
  RandomSale sale = AnySale();
  if (!sale.rulebook.margin || !sale.rulebook.points.value) return;
  sale.rulebook.margin->counts_earned_points = true;
  RC_LOG() << sale;
  std::vector<int64_t> by_line;
  for (size_t i = 0; i < sale.order.lines.size(); ++i)
    by_line.push_back(*rc::gen::inRange<int64_t>(0, 1'000'000'000));
  Earned earned = EarnedOf(
      {std::accumulate(by_line.begin(), by_line.end(), int64_t{})}, by_line);
  auto grant = GrantBenefits(sale.rulebook, sale.order, sale.proposal);
  RC_ASSERT(grant.ok());
  CutAndTake(sale, *grant, earned);
  Books books(sale);
  for (const Benefit& benefit : InOrder(sale.proposal, *grant))
    books.Add(benefit);
  books.AddEarned(WorthByLine(sale.rulebook, earned.line_points));
  RC_ASSERT(books.Hold());
  RC_ASSERT(grant->margin->given.value() == books.NetGiven());
}

RC_GTEST_PROP(EarnedRoomProperty, WhereNoLineIsSpecialNoFurtherPointFits, ()) {
  CutSale cut = AnyCutSale(SmallTax::kNone);
  const MarginPolicy& policy = *cut.sale.rulebook.margin;
  if (!policy.category.empty() || !policy.excluded_categories.empty()) return;
  RC_CLASSIFY(cut.earned.points < cut.asked.points);
  if (cut.earned.points == cut.asked.points) return;
  cut.earned.line_points[0] += Points(1);
  Books books = BooksOf(cut);
  books.AddEarned(WorthByLine(cut.sale.rulebook, cut.earned.line_points));
  RC_ASSERT(!books.Hold());
}

}  // namespace
}  // namespace pistis
