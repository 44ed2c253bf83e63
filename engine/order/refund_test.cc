#include "engine/order/refund.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

SoldLine Sold(std::string line_id, int64_t quantity, int64_t amount) {
  return {.line_id = std::move(line_id),
          .quantity = quantity,
          .amount = Money(amount),
          .paid = Money(amount)};
}

ReturnedPart Units(std::string line_id, int64_t quantity) {
  return {.line_id = std::move(line_id), .quantity = quantity, .amount = {}};
}

ReturnedPart Part(std::string line_id, int64_t amount) {
  return {
      .line_id = std::move(line_id), .quantity = {}, .amount = Money(amount)};
}

std::string RefusalOfReturn(const std::vector<SoldLine>& lines,
                            const std::vector<ReturnedPart>& parts) {
  return RefusalOf(ReturnParts(lines, parts).status());
}

std::vector<SoldLine> Return(const std::vector<SoldLine>& lines,
                             const std::vector<ReturnedPart>& parts) {
  absl::StatusOr<std::vector<SoldLine>> after = ReturnParts(lines, parts);
  EXPECT_TRUE(after.ok()) << after.status();
  return after.ok() ? *std::move(after) : lines;
}

// What an order gave back by some moment.
struct GivenBack {
  ReturnedSums sums;
  Points restored;
};

Money SumOfField(const std::vector<SoldLine>& lines, Money SoldLine::*field) {
  Money sum;
  for (const SoldLine& line : lines)
    sum += line.*field;
  return sum;
}

Points SumOfPoints(const std::vector<SoldLine>& lines) {
  Points sum;
  for (const SoldLine& line : lines)
    sum += line.points;
  return sum;
}

GivenBack StateOf(const std::vector<SoldLine>& lines, Points redeemed) {
  const ReturnedSums sums = SumReturned(lines);
  return {.sums = sums,
          .restored = PointsGivenBack(
              redeemed, SumOfField(lines, &SoldLine::redeemed), sums)};
}

SoldLine AnyLine(size_t index) {
  SoldLine line;
  line.line_id = absl::StrCat("l", index);
  line.quantity = *rc::gen::inRange<int64_t>(1, 8);
  line.amount = Money(*rc::gen::inRange<int64_t>(0, 300));
  line.discount = Money(*rc::gen::inRange<int64_t>(0, line.amount.value() + 1));
  const Money left = line.amount - line.discount;
  line.redeemed = Money(*rc::gen::inRange<int64_t>(0, left.value() + 1));
  const Money tax_on_top(*rc::gen::inRange<int64_t>(0, 50));
  line.paid = left - line.redeemed + tax_on_top;
  line.points = Points(*rc::gen::inRange<int64_t>(0, 500));
  return line;
}

std::vector<SoldLine> AnyLines() {
  std::vector<SoldLine> lines(*rc::gen::inRange<size_t>(1, 5));
  for (size_t i = 0; i < lines.size(); ++i)
    lines[i] = AnyLine(i);
  return lines;
}

Points AnyRedeemed(const std::vector<SoldLine>& lines) {
  if (SumOfField(lines, &SoldLine::redeemed).is_zero()) return Points();
  return Points(*rc::gen::inRange<int64_t>(1, 500));
}

// Some part of some line, perhaps more than is left of it.
ReturnedPart AnyPart(const std::vector<SoldLine>& lines) {
  const SoldLine& line = *rc::gen::elementOf(lines);
  if (*rc::gen::arbitrary<bool>()) {
    return Units(line.line_id,
                 *rc::gen::inRange<int64_t>(1, line.quantity + 1));
  }
  return Part(line.line_id,
              *rc::gen::inRange<int64_t>(1, line.amount.value() + 2));
}

// A last refund that names each line's rest.
std::vector<ReturnedPart> RestByLine(const std::vector<SoldLine>& lines) {
  std::vector<ReturnedPart> parts;
  for (const SoldLine& line : lines) {
    if (line.is_returned()) continue;
    parts.push_back(
        line.amount.is_zero()
            ? Units(line.line_id, line.quantity - line.returned_quantity)
            : Part(line.line_id, (line.amount - line.returned).value()));
  }
  return parts;
}

void CheckNothingRunsBack(const GivenBack& before, const GivenBack& after) {
  RC_ASSERT(after.sums.amount >= before.sums.amount);
  RC_ASSERT(after.sums.paid >= before.sums.paid);
  RC_ASSERT(after.sums.discount >= before.sums.discount);
  RC_ASSERT(after.sums.redeemed >= before.sums.redeemed);
  RC_ASSERT(after.sums.points >= before.sums.points);
  RC_ASSERT(after.restored >= before.restored);
}

void CheckIsWhole(const std::vector<SoldLine>& lines, Points redeemed) {
  const GivenBack end = StateOf(lines, redeemed);
  RC_ASSERT(end.sums.whole);
  RC_ASSERT(end.sums.amount == SumOfField(lines, &SoldLine::amount));
  RC_ASSERT(end.sums.paid == SumOfField(lines, &SoldLine::paid));
  RC_ASSERT(end.sums.discount == SumOfField(lines, &SoldLine::discount));
  RC_ASSERT(end.sums.redeemed == SumOfField(lines, &SoldLine::redeemed));
  RC_ASSERT(end.sums.points == SumOfPoints(lines));
  RC_ASSERT(end.restored == redeemed);
}

RC_GTEST_PROP(RefundProperty, AnySequenceOfPartsSumsExactlyToTheWhole, ()) {
  std::vector<SoldLine> lines = AnyLines();
  const Points redeemed = AnyRedeemed(lines);
  const int refunds = *rc::gen::inRange(0, 12);
  for (int i = 0; i < refunds; ++i) {
    const GivenBack before = StateOf(lines, redeemed);
    const absl::StatusOr<std::vector<SoldLine>> after =
        ReturnParts(lines, {AnyPart(lines)});
    if (!after.ok()) {
      RC_ASSERT(RefusalOf(after.status()) == "REFUND_EXCEEDS_ORDER");
      continue;
    }
    lines = *after;
    CheckNothingRunsBack(before, StateOf(lines, redeemed));
  }
  if (!SumReturned(lines).whole) {
    const GivenBack before = StateOf(lines, redeemed);
    const std::vector<ReturnedPart> rest = *rc::gen::arbitrary<bool>()
                                               ? RestByLine(lines)
                                               : std::vector<ReturnedPart>();
    const absl::StatusOr<std::vector<SoldLine>> after =
        ReturnParts(lines, rest);
    RC_ASSERT(after.ok());
    lines = *after;
    CheckNothingRunsBack(before, StateOf(lines, redeemed));
  }
  CheckIsWhole(lines, redeemed);
  RC_ASSERT(RefusalOf(ReturnParts(lines, {}).status()) ==
            "REFUND_EXCEEDS_ORDER");
}

RC_GTEST_PROP(RefundProperty, NoShareIsAheadOfItsPartOfTheLine, ()) {
  SoldLine line = AnyLine(0);
  RC_PRE(line.amount.is_positive());
  line.returned = Money(*rc::gen::inRange<int64_t>(0, line.amount.value() + 1));
  const ReturnedSums sums = SumReturned({line});
  const int64_t part = line.paid.value() * line.returned.value();
  const int64_t distance = part - sums.paid.value() * line.amount.value();
  RC_ASSERT(distance >= 0);
  RC_ASSERT(distance < line.amount.value());
}

TEST(RefundTest, UnitsOfALineShareItsAmountToTheLastCent) {
  std::vector<SoldLine> lines = {Sold("l1", 3, 100)};
  std::vector<int64_t> paid;
  for (int i = 0; i < 3; ++i) {
    lines = Return(lines, {Units("l1", 1)});
    paid.push_back(SumReturned(lines).paid.value());
  }
  EXPECT_EQ(paid, (std::vector<int64_t>{33, 66, 100}));
  EXPECT_TRUE(SumReturned(lines).whole);
}

TEST(RefundTest, NoPartsReturnAllThatIsLeft) {
  std::vector<SoldLine> lines = {Sold("l1", 3, 100), Sold("l2", 1, 50)};
  lines = Return(lines, {Part("l1", 1)});
  lines = Return(lines, {});
  EXPECT_TRUE(SumReturned(lines).whole);
  EXPECT_EQ(SumReturned(lines).paid, Money(150));
}

TEST(RefundTest, AFreeLineComesBackByItsUnits) {
  std::vector<SoldLine> lines = {Sold("l1", 1, 100), Sold("gift", 2, 0)};
  lines = Return(lines, {Part("l1", 100)});
  EXPECT_FALSE(SumReturned(lines).whole);
  lines = Return(lines, {Units("gift", 1)});
  EXPECT_FALSE(SumReturned(lines).whole);
  EXPECT_EQ(RefusalOfReturn(lines, {Part("gift", 1)}), "REFUND_EXCEEDS_ORDER");
  lines = Return(lines, {Units("gift", 1)});
  EXPECT_TRUE(SumReturned(lines).whole);
}

TEST(RefundTest, TaxOnTopOfAFreeLineComesBackByItsUnits) {
  std::vector<SoldLine> lines = {Sold("gift", 4, 0)};
  lines[0].paid = Money(10);
  std::vector<int64_t> paid;
  for (int i = 0; i < 4; ++i) {
    lines = Return(lines, {Units("gift", 1)});
    paid.push_back(SumReturned(lines).paid.value());
  }
  EXPECT_EQ(paid, (std::vector<int64_t>{2, 5, 7, 10}));
}

TEST(RefundTest, TaxOnTopComesBackWithTheLine) {
  std::vector<SoldLine> lines = {Sold("l1", 2, 100)};
  lines[0].paid = Money(121);
  lines = Return(lines, {Units("l1", 1)});
  EXPECT_EQ(SumReturned(lines).paid, Money(60));
  lines = Return(lines, {Part("l1", 50)});
  EXPECT_EQ(SumReturned(lines).paid, Money(121));
}

TEST(RefundTest, MoreThanIsLeftIsRefused) {
  std::vector<SoldLine> lines = {Sold("l1", 3, 100), Sold("l2", 1, 1)};
  EXPECT_EQ(RefusalOfReturn(lines, {Units("l1", 4)}), "REFUND_EXCEEDS_ORDER");
  EXPECT_EQ(RefusalOfReturn(lines, {Part("l1", 101)}), "REFUND_EXCEEDS_ORDER");
  lines = Return(lines, {Part("l1", 60)});
  EXPECT_EQ(RefusalOfReturn(lines, {Part("l1", 41)}), "REFUND_EXCEEDS_ORDER");
  EXPECT_EQ(RefusalOfReturn(lines, {Units("l1", 2)}), "REFUND_EXCEEDS_ORDER");
  EXPECT_EQ(RefusalOfReturn(lines, {Units("l1", 1)}), "OK");
}

TEST(RefundTest, AReturnedLineHasNoUnitsLeftEvenWhereAUnitIsWorthNothing) {
  std::vector<SoldLine> lines = {Sold("l1", 3, 1), Sold("l2", 1, 100)};
  lines = Return(lines, {Part("l1", 1)});
  EXPECT_EQ(RefusalOfReturn(lines, {Units("l1", 1)}), "REFUND_EXCEEDS_ORDER");
}

TEST(RefundTest, OnePartTooMuchRefusesAllOfThem) {
  const std::vector<SoldLine> lines = {Sold("l1", 1, 100), Sold("l2", 1, 50)};
  EXPECT_EQ(RefusalOfReturn(lines, {Part("l1", 10), Part("l2", 51)}),
            "REFUND_EXCEEDS_ORDER");
}

TEST(RefundTest, AnUnknownLineOrOneNamedTwiceIsRefusedByItsField) {
  const std::vector<SoldLine> lines = {Sold("l1", 2, 100)};
  EXPECT_EQ(RefusalOfReturn(lines, {Units("l9", 1)}),
            "FIELD_INVALID lines[0].line_id");
  EXPECT_EQ(RefusalOfReturn(lines, {Units("l1", 1), Part("l1", 1)}),
            "FIELD_INVALID lines[1].line_id");
}

RC_GTEST_PROP(PointsKeptProperty, ALineKeepsNoMoreThanItsPartRoundedDown, ()) {
  SoldLine line = AnyLine(0);
  RC_PRE(line.amount.is_positive());
  line.returned = Money(*rc::gen::inRange<int64_t>(0, line.amount.value() + 1));
  const int64_t part =
      line.points.value() * (line.amount - line.returned).value();
  const int64_t distance =
      part - PointsKept(line).value() * line.amount.value();
  RC_ASSERT(distance >= 0);
  RC_ASSERT(distance < line.amount.value());
}

SoldLine Earned(SoldLine line, int64_t points) {
  line.points = Points(points);
  return line;
}

TEST(PointsKeptTest, ALineTakesBackWhatItEarnedAndNotWhatOthersDid) {
  const std::vector<SoldLine> lines = {Earned(Sold("cheap", 1, 1000), 0),
                                       Earned(Sold("rich", 1, 1000), 500)};
  EXPECT_EQ(SumReturned(Return(lines, {Units("cheap", 1)})).points, Points());
  EXPECT_EQ(SumReturned(Return(lines, {Units("rich", 1)})).points, Points(500));
}

TEST(PointsKeptTest, TheRestIsRoundedDown) {
  std::vector<SoldLine> lines = {Earned(Sold("l1", 3, 99), 10)};
  std::vector<int64_t> taken_back;
  for (int i = 0; i < 3; ++i) {
    lines = Return(lines, {Units("l1", 1)});
    taken_back.push_back(SumReturned(lines).points.value());
  }
  EXPECT_EQ(taken_back, (std::vector<int64_t>{4, 7, 10}));
}

TEST(PointsKeptTest, AFreeLineKeepsItsPointsByUnits) {
  std::vector<SoldLine> lines = {Earned(Sold("gift", 4, 0), 10)};
  std::vector<int64_t> taken_back;
  for (int i = 0; i < 4; ++i) {
    lines = Return(lines, {Units("gift", 1)});
    taken_back.push_back(SumReturned(lines).points.value());
  }
  EXPECT_EQ(taken_back, (std::vector<int64_t>{3, 5, 8, 10}));
}

TEST(PointsKeptTest, ALineThatCameBackByAmountKeepsNone) {
  const std::vector<SoldLine> lines = {Earned(Sold("l1", 3, 99), 10)};
  EXPECT_EQ(PointsKept(Return(lines, {Part("l1", 98)})[0]), Points());
  EXPECT_EQ(PointsKept(Return(lines, {Part("l1", 99)})[0]), Points());
  EXPECT_EQ(SumReturned(Return(lines, {Part("l1", 99)})).points, Points(10));
}

TEST(PointsGivenBackTest, TheShareIsRoundedDownUntilTheWholeIsBack) {
  EXPECT_EQ(PointsGivenBack(Points(100), Money(3), {.redeemed = Money(1)}),
            Points(33));
  EXPECT_EQ(PointsGivenBack(Points(100), Money(), {}), Points());
  EXPECT_EQ(PointsGivenBack(Points(100), Money(3),
                            {.redeemed = Money(2), .whole = true}),
            Points(100));
}

TEST(PointsTest, TheLargestAmountsDoNotOverflow) {
  SoldLine line =
      Earned(Sold("l1", 1, kMaxLineMoney.value()), kMaxCommandPoints.value());
  line.returned = kMaxLineMoney - Money(1);
  EXPECT_EQ(PointsKept(line), Points(1));
  EXPECT_EQ(PointsGivenBack(kMaxCommandPoints, kMaxOrderMoney,
                            {.redeemed = kMaxOrderMoney}),
            kMaxCommandPoints);
}

}  // namespace
}  // namespace pistis
