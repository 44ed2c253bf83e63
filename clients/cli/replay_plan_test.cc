#include "clients/cli/replay_plan.h"

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

#include "clients/cli/program_facts.h"

namespace pistis {
namespace {

absl::TimeZone London() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/London", &zone));
  return zone;
}

const absl::CivilSecond kLast(2011, 12, 9, 12, 50, 0);

absl::Time InLondon(const absl::CivilSecond& time) {
  return absl::FromCivil(time, London());
}

TEST(ReplayPlanTest, TheLastInvoiceFallsOnTodayWhereItsHourHasPassed) {
  const int64_t days = DaysUntilToday(
      kLast, InLondon(absl::CivilSecond(2026, 7, 1, 13, 0, 0)), London());
  EXPECT_EQ((ReplayCalendar{London(), days}.At(kLast)),
            InLondon(absl::CivilSecond(2026, 7, 1, 12, 50, 0)));
}

TEST(ReplayPlanTest, TheLastInvoiceFallsOnYesterdayRatherThanLaterToday) {
  const int64_t days = DaysUntilToday(
      kLast, InLondon(absl::CivilSecond(2026, 7, 1, 12, 0, 0)), London());
  EXPECT_EQ((ReplayCalendar{London(), days}.At(kLast)),
            InLondon(absl::CivilSecond(2026, 6, 30, 12, 50, 0)));
}

TEST(ReplayPlanTest, AMovedSaleTellsHowFarItWasMovedAcrossSummerTime) {
  const absl::CivilSecond first(2010, 12, 1, 8, 26, 0);
  for (const int64_t days : {0, 150, 4000, 5200}) {
    const ReplayCalendar calendar{London(), days};
    EXPECT_EQ(DaysMoved(first, calendar.At(first), London()), days);
  }
}

TEST(ReplayPlanTest, ASaleBecomesAnOrderInTheProgramsCurrency) {
  Invoice sale;
  sale.number = "536365";
  sale.member_id = "17850";
  sale.time = absl::CivilSecond(2010, 12, 1, 8, 26, 0);
  sale.lines = {{"1", "85123A", 6, 2'550'000}, {"2", "POST", 1, 18'000'000}};
  const ReplayTarget target{"shop", {"GBP", 2}, {London(), 0}};
  const v1::CommitOrderRequest request = OrderOf(sale, target);
  EXPECT_EQ(request.program_id(), "shop");
  const v1::Order& order = request.order();
  EXPECT_EQ(order.order_id(), "536365");
  EXPECT_EQ(order.member_id(), "17850");
  EXPECT_EQ(order.channel(), "web");
  EXPECT_EQ(order.currency(), "GBP");
  EXPECT_EQ(TimeOf(order.placed_time()), InLondon(sale.time));
  ASSERT_EQ(order.lines_size(), 2);
  EXPECT_EQ(order.lines(0).line_id(), "1");
  EXPECT_EQ(order.lines(0).quantity(), 6);
  EXPECT_EQ(order.lines(0).amount_minor(), 1530);
  EXPECT_EQ(order.lines(0).category(), "goods");
  EXPECT_EQ(order.lines(1).category(), "services");
}

TEST(ReplayPlanTest, ARefundIsNamedAfterItsCancellationAndItsSale) {
  Invoice sale;
  sale.number = "536365";
  Invoice cancellation;
  cancellation.number = "C536379";
  cancellation.time = absl::CivilSecond(2010, 12, 1, 9, 41, 0);
  const ReplayTarget target{"shop", {"GBP", 2}, {London(), 1}};
  const v1::RefundOrderRequest request =
      RefundOf(cancellation, sale, {1, 0, {{"1", 2}}}, target);
  EXPECT_EQ(request.order_id(), "536365");
  EXPECT_EQ(request.refund_id(), "C536379/536365");
  EXPECT_EQ(TimeOf(request.placed_time()),
            InLondon(absl::CivilSecond(2010, 12, 2, 9, 41, 0)));
  ASSERT_EQ(request.lines_size(), 1);
  EXPECT_EQ(request.lines(0).line_id(), "1");
  EXPECT_EQ(request.lines(0).quantity(), 2);
}

}  // namespace
}  // namespace pistis
