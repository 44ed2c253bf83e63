#include "engine/rules/points_sum.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::ElementsAre;

// Rules by name, and the lines they select.
class Sum {
 public:
  explicit Sum(const std::vector<int64_t>& basis_minor)
      : order_(OrderOf(basis_minor)), basis_(MoneyOf(basis_minor)) {}

  Sum& Rule(const EarnShape& shape, std::vector<size_t> lines) {
    shapes_.push_back(shape);
    lines_.push_back(std::move(lines));
    return *this;
  }

  [[nodiscard]] absl::StatusOr<PointsSum> Run() const {
    std::vector<EarningRule> rules;
    for (size_t i = 0; i < shapes_.size(); ++i) {
      rules.push_back({.rule_id = absl::StrCat("r", i),
                       .shape = &shapes_[i],
                       .lines = lines_[i]});
    }
    return SumPoints(rules, {.lines = order_.lines,
                             .basis = basis_,
                             .rounding = PointsRounding::kDown});
  }

  [[nodiscard]] std::vector<int64_t> ByRule() const {
    std::vector<int64_t> points;
    const absl::StatusOr<PointsSum> sum = Run();
    for (const RulePoints& rule : sum->by_rule)
      points.push_back(rule.points.value());
    return points;
  }

  [[nodiscard]] std::vector<int64_t> ByLine() const {
    std::vector<int64_t> points;
    const absl::StatusOr<PointsSum> sum = Run();
    for (const Points share : sum->line_points)
      points.push_back(share.value());
    return points;
  }

 private:
  Order order_;
  std::vector<Money> basis_;
  std::vector<EarnShape> shapes_;
  std::vector<std::vector<size_t>> lines_;
};

EarnShape Per(int64_t points) {
  return EarnPoints{.points = Points(points), .per = Money(100)};
}

EarnShape Times(int64_t numerator, int64_t denominator) {
  return EarnMultiply{Rate(numerator, denominator)};
}

TEST(PointsSumTest, MultiplesAreRoundedAfterAllOfThem) {
  // 7 * 1.5 * 1.5 = 15.75; rounded in between it would be 10 * 1.5 = 15.
  const Sum sum = Sum({700})
                      .Rule(Per(1), {0})
                      .Rule(Times(3, 2), {0})
                      .Rule(Times(3, 2), {0});
  EXPECT_THAT(sum.ByRule(), ElementsAre(7, 3, 5));
}

TEST(PointsSumTest, EachRuleIsRoundedByItself) {
  // 3 * 1.5 = 4.5 twice, not 9 once.
  const Sum sum =
      Sum({300}).Rule(Per(1), {0}).Rule(Per(1), {0}).Rule(Times(3, 2), {0});
  EXPECT_THAT(sum.ByRule(), ElementsAre(3, 3, 2));
}

TEST(PointsSumTest, LinesThatAreMultipliedHaveEarnedMore) {
  const Sum sum = Sum({1000, 1000}).Rule(Per(1), {0, 1}).Rule(Times(3, 1), {1});
  EXPECT_THAT(sum.ByRule(), ElementsAre(20, 20));
  EXPECT_THAT(sum.ByLine(), ElementsAre(10, 30));
}

TEST(PointsSumTest, AMultipleOfNothingEarnedIsNothing) {
  EXPECT_THAT(Sum({1000}).Rule(Times(3, 1), {0}).ByRule(), ElementsAre());
}

TEST(PointsSumTest, MultiplesBeyondAllBoundsAreRefused) {
  Sum large({100'000});
  large.Rule(Per(1'000'000), {0});
  for (int i = 0; i < 20; ++i)
    large.Rule(Times(1000, 1), {0});
  EXPECT_EQ(RefusalOf(large.Run().status()), "POINTS_OVERFLOW");
}

// 999 times 1.001 to the twelfth is 1011.05; 999 times 0.999 to the twentieth
// is 979.2.
TEST(PointsSumTest, ManyMultiplesOfThreeDecimalsStopNoSale) {
  Sum more({99'900});
  more.Rule(Per(1), {0});
  for (int i = 0; i < 12; ++i)
    more.Rule(Times(1001, 1000), {0});
  EXPECT_EQ(more.Run()->points, Points(1011));
  Sum less({99'900});
  less.Rule(Per(1), {0});
  for (int i = 0; i < 20; ++i)
    less.Rule(Times(999, 1000), {0});
  EXPECT_EQ(less.Run()->points, Points(979));
}

RC_GTEST_PROP(PointsSumProperty, SharesSumToThePointsAndToTheRules, ()) {
  const auto basis = *rc::gen::container<std::vector<int64_t>>(
      3, rc::gen::inRange<int64_t>(0, 5000));
  Sum sum(basis);
  const int64_t rules = *rc::gen::inRange<int64_t>(1, 7);
  for (int64_t i = 0; i < rules; ++i) {
    std::vector<size_t> lines;
    for (size_t line = 0; line < basis.size(); ++line) {
      if (*rc::gen::arbitrary<bool>()) lines.push_back(line);
    }
    if (lines.empty()) lines = {0};
    const int64_t tenths = *rc::gen::inRange<int64_t>(0, 40);
    sum.Rule(
        *rc::gen::element<EarnShape>(Per(1), Per(7), EarnPoints{Points(13)},
                                     EarnPerUnit{Points(5)}, Times(tenths, 10)),
        lines);
  }
  const absl::StatusOr<PointsSum> points = sum.Run();
  RC_ASSERT(points.ok());
  Points by_rule;
  for (const RulePoints& rule : points->by_rule)
    by_rule += rule.points;
  Points by_line;
  for (const Points share : points->line_points) {
    RC_ASSERT(!share.is_negative());
    by_line += share;
  }
  RC_ASSERT(by_rule == points->points);
  RC_ASSERT(by_line == points->points);
}

}  // namespace
}  // namespace pistis
