#include "engine/rules/limits.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/support/builders.h"

namespace pistis {
namespace {

Rule RuleWith(const std::string& limits) {
  return RulebookOf(absl::StrCat("rules: [{id: a, discount: {percent: 10%}, "
                                 "earn: {points: 5}, limits: [",
                                 limits, "]}]"))
      .rules.at(0);
}

LimitBook Used(LimitUse use) {
  return
      [use](const Rule& /*rule*/,
            const Limit& /*limit*/) -> absl::StatusOr<LimitUse> { return use; };
}

const MemberId kAnn("ann");

TEST(LimitsTest, TheTightestLimitIsTheRoom) {
  const Rule rule = RuleWith(
      "{per: member, discount: \"9.00\", points: 10}, "
      "{per: campaign, discount: \"7.00\"}, {per: order, points: 4}");
  const auto room =
      RoomOf(rule, Used({.points = Points(3), .discount = Money(200)}), kAnn);
  ASSERT_TRUE(room.ok());
  EXPECT_FALSE(room->is_reached);
  EXPECT_EQ(room->discount, Money(500));
  EXPECT_EQ(room->points, Points(4));
}

TEST(LimitsTest, AnyLimitThatIsUsedUpReachesTheRule) {
  const Rule rule =
      RuleWith("{per: member, times: 2}, {per: campaign, discount: \"7.00\"}");
  EXPECT_FALSE(RoomOf(rule, Used({.times = 1}), kAnn)->is_reached);
  EXPECT_TRUE(RoomOf(rule, Used({.times = 2}), kAnn)->is_reached);
  EXPECT_TRUE(RoomOf(rule, Used({.discount = Money(700)}), kAnn)->is_reached);
}

TEST(LimitsTest, WithoutAMemberALimitPerMemberLeavesNothing) {
  EXPECT_TRUE(
      RoomOf(RuleWith("{per: member, times: 2}"), {}, MemberId())->is_reached);
  EXPECT_FALSE(RoomOf(RuleWith("{per: campaign, times: 2}"), {}, MemberId())
                   ->is_reached);
}

TEST(LimitsTest, ABookThatCannotBeReadFailsTheRule) {
  const LimitBook broken = [](const Rule& /*rule*/, const Limit& /*limit*/) {
    return absl::StatusOr<LimitUse>(absl::DataLossError("torn"));
  };
  EXPECT_EQ(
      RoomOf(RuleWith("{per: member, times: 2}"), broken, kAnn).status().code(),
      absl::StatusCode::kDataLoss);
}

TEST(LimitsTest, WindowsBeginOnMondaysAndFirsts) {
  // 9 January 2026 is a Friday.
  const absl::CivilDay day(2026, 1, 9);
  EXPECT_EQ(WindowStart(LimitWindow::kDay, day), day);
  EXPECT_EQ(WindowStart(LimitWindow::kWeek, day), absl::CivilDay(2026, 1, 5));
  EXPECT_EQ(WindowStart(LimitWindow::kWeek, absl::CivilDay(2026, 1, 5)),
            absl::CivilDay(2026, 1, 5));
  EXPECT_EQ(WindowStart(LimitWindow::kMonth, day), absl::CivilDay(2026, 1, 1));
  EXPECT_EQ(WindowStart(LimitWindow::kYear, absl::CivilDay(2026, 8, 9)),
            absl::CivilDay(2026, 1, 1));
}

}  // namespace
}  // namespace pistis
