#include "engine/ledger/lot.h"

#include <vector>

#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "engine/ledger/account_builders_test.h"
#include "rapidcheck/gtest.h"

namespace pistis {
namespace {

absl::TimeZone Zone(absl::string_view name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

// A wall clock's reading.
struct Reading {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

absl::Time At(Reading at, absl::TimeZone zone) {
  return absl::FromCivil(absl::CivilSecond(at.year, at.month, at.day, at.hour,
                                           at.minute, at.second),
                         zone);
}

TEST(LotTest, SoonestToExpireComesFirstAndFixedBeforeIdle) {
  EXPECT_TRUE(IsSpentBefore(Fixed(1, 9), Fixed(2, 1)));
  EXPECT_TRUE(IsSpentBefore(Idle(1, 1), Fixed(2, 1)));
  EXPECT_TRUE(IsSpentBefore(Fixed(1, 1), Idle(1, 1)));
  EXPECT_FALSE(IsSpentBefore(Idle(1, 1), Fixed(1, 1)));
  EXPECT_FALSE(IsSpentBefore(Fixed(1, 1), Fixed(1, 2)));
  EXPECT_TRUE(
      IsSpentBefore(Fixed(1'000'000, 1), {.expire = absl::InfiniteFuture()}));
}

TEST(LotTest, ExpiryAndKindNameALot) {
  EXPECT_TRUE(IsSameLot(Fixed(1, 1), Fixed(1, 7)));
  EXPECT_FALSE(IsSameLot(Fixed(1, 1), Fixed(2, 1)));
  EXPECT_FALSE(IsSameLot(Fixed(1, 1), Idle(1, 1)));
}

TEST(LotFromTest, PointsWithoutExpiryLiveForEver) {
  const Lot lot = LotFrom(NeverExpire{}, Day(5), absl::UTCTimeZone());
  EXPECT_EQ(lot.expire, absl::InfiniteFuture());
  EXPECT_EQ(lot.kind, LotKind::kFixed);
  EXPECT_EQ(lot.points, Points());
}

TEST(LotFromTest, AfterDaysIsTheEndOfTheLastOfThem) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const Lot lot =
      LotFrom(ExpireAfter{365}, At({2026, 1, 10, 12, 30, 0}, athens), athens);
  EXPECT_EQ(lot.expire, At({2027, 1, 11}, athens));
  EXPECT_EQ(lot.kind, LotKind::kFixed);
}

TEST(LotFromTest, AfterInactivityIsAnIdleLot) {
  const Lot lot =
      LotFrom(ExpireAfterInactivity{30}, Day(5), absl::UTCTimeZone());
  EXPECT_EQ(lot.expire, Day(36));
  EXPECT_EQ(lot.kind, LotKind::kIdle);
}

// The ends of the month, the quarter and the year.
std::vector<absl::Time> EndsAfter(absl::Time at, absl::TimeZone zone) {
  std::vector<absl::Time> ends;
  for (const CalendarPeriod period :
       {CalendarPeriod::kMonth, CalendarPeriod::kQuarter,
        CalendarPeriod::kYear}) {
    ends.push_back(LotFrom(ExpireAtEndOf{period, 0}, at, zone).expire);
  }
  return ends;
}

TEST(LotFromTest, EndOfAMonthQuarterOrYearIsWhenTheNextOneBegins) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  EXPECT_THAT(
      EndsAfter(At({2026, 5, 17, 9, 0, 0}, athens), athens),
      testing::ElementsAre(At({2026, 6, 1}, athens), At({2026, 7, 1}, athens),
                           At({2027, 1, 1}, athens)));
}

TEST(LotFromTest, TheLastSecondOfAPeriodBelongsToItAndTheStrokeToTheNext) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const absl::Time stroke = At({2027, 1, 1}, athens);
  EXPECT_THAT(EndsAfter(stroke - absl::Seconds(1), athens),
              testing::ElementsAre(stroke, stroke, stroke));
  EXPECT_THAT(
      EndsAfter(stroke, athens),
      testing::ElementsAre(At({2027, 2, 1}, athens), At({2027, 4, 1}, athens),
                           At({2028, 1, 1}, athens)));
}

TEST(LotFromTest, EachQuarterHasThreeMonths) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  for (int month = 1; month <= 12; ++month) {
    const Lot lot = LotFrom(ExpireAtEndOf{CalendarPeriod::kQuarter, 0},
                            At({2026, month, 28}, utc), utc);
    const int ends[] = {4, 7, 10, 13};
    EXPECT_EQ(lot.expire, At({2026, ends[(month - 1) / 3], 1}, utc)) << month;
  }
}

TEST(LotFromTest, GraceAddsDaysToTheEndOfThePeriod) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const absl::Time at = At({2026, 5, 17}, athens);
  EXPECT_EQ(
      LotFrom(ExpireAtEndOf{CalendarPeriod::kYear, 90}, at, athens).expire,
      At({2027, 4, 1}, athens));
  // January and February of a leap year.
  const absl::Time leap = At({2027, 5, 17}, athens);
  EXPECT_EQ(
      LotFrom(ExpireAtEndOf{CalendarPeriod::kYear, 60}, leap, athens).expire,
      At({2028, 3, 1}, athens));
}

TEST(LotFromTest, FebruaryEndsOnItsLastDayAlsoInLeapYears) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const ExpireAtEndOf month{CalendarPeriod::kMonth, 0};
  EXPECT_EQ(LotFrom(month, At({2028, 2, 29, 23, 0, 0}, utc), utc).expire,
            At({2028, 3, 1}, utc));
  EXPECT_EQ(LotFrom(month, At({2028, 2, 28}, utc), utc).expire,
            At({2028, 3, 1}, utc));
  EXPECT_EQ(LotFrom(month, At({2027, 2, 28}, utc), utc).expire,
            At({2027, 3, 1}, utc));
}

TEST(EndOfDayAfterTest, IsTheEndOfTheDayOnWhichTheLastDayEnds) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const absl::Time morning = At({2026, 3, 27, 9, 0, 0}, athens);
  const absl::Time midnight = At({2026, 3, 29}, athens);
  EXPECT_EQ(EndOfDayAfter(morning, 1, athens), midnight);
  // What happens on one day is one.
  EXPECT_EQ(EndOfDayAfter(morning + absl::Hours(14), 1, athens), midnight);
  EXPECT_EQ(EndOfDayAfter(morning, 0, athens), midnight - absl::Hours(24));
}

TEST(EndOfDayAfterTest, ADayThatSummerTimeShortensOrWinterLengthensIsADay) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const absl::Time spring = At({2026, 3, 29}, athens);
  EXPECT_EQ(EndOfDayAfter(spring, 0, athens), spring + absl::Hours(23));
  const absl::Time autumn = At({2026, 10, 25}, athens);
  EXPECT_EQ(EndOfDayAfter(autumn, 0, athens), autumn + absl::Hours(25));
}

TEST(EndOfDayAfterTest, ADayWithoutAMidnightBeginsWhenItBegins) {
  // On 4 November 2018 clocks in Sao Paulo went from 0:00 to 1:00.
  const absl::TimeZone zone = Zone("America/Sao_Paulo");
  const absl::Time eve = At({2018, 11, 3, 20, 0, 0}, zone);
  EXPECT_EQ(EndOfDayAfter(eve, 0, zone), At({2018, 11, 4, 1, 0, 0}, zone));
  EXPECT_EQ(ToDayBoundary(At({2018, 11, 4, 1, 0, 0}, zone), zone),
            At({2018, 11, 4, 1, 0, 0}, zone));
}

TEST(EndOfDayAfterTest, CountsLeapDays) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(EndOfDayAfter(At({2028, 2, 28, 8, 0, 0}, utc), 1, utc),
            At({2028, 3, 1}, utc));
  EXPECT_EQ(EndOfDayAfter(At({2027, 3, 1}, utc), 365, utc),
            At({2028, 3, 1}, utc));
}

TEST(EndOfDayAfterTest, CountsDaysInTheProgramsZone) {
  const absl::Time late = absl::UnixEpoch() + absl::Hours(23);
  const absl::TimeZone east = absl::FixedTimeZone(2 * 60 * 60);
  EXPECT_EQ(EndOfDayAfter(late, 1, absl::UTCTimeZone()), Day(2));
  EXPECT_EQ(EndOfDayAfter(late, 1, east), Day(3) - absl::Hours(2));
}

TEST(ToDayBoundaryTest, RoundsUpToTheEndOfTheDayAndKeepsBoundaries) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(ToDayBoundary(Day(3), utc), Day(3));
  EXPECT_EQ(ToDayBoundary(Day(3) + absl::Microseconds(1), utc), Day(4));
  EXPECT_EQ(ToDayBoundary(Day(4) - absl::Microseconds(1), utc), Day(4));
  EXPECT_EQ(ToDayBoundary(absl::InfiniteFuture(), utc), absl::InfiniteFuture());
}

RC_GTEST_PROP(LotFromProperty, NoPointsLiveShorterThanTheirDaysInFull, ()) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const absl::Time at = absl::FromUnixSeconds(
      *rc::gen::inRange<int64_t>(1'700'000'000, 2'000'000'000));
  const int days = *rc::gen::inRange(1, 800);
  const absl::CivilSecond civil = absl::ToCivilSecond(at, athens);
  const absl::Time expire = LotFrom(ExpireAfter{days}, at, athens).expire;
  const absl::CivilSecond ends = absl::ToCivilSecond(expire, athens);
  RC_ASSERT(ends == absl::CivilSecond(absl::CivilDay(ends)));
  RC_ASSERT(absl::CivilDay(ends) - absl::CivilDay(civil) == days + 1);
  RC_ASSERT(ToDayBoundary(expire, athens) == expire);
}

RC_GTEST_PROP(LotFromProperty, APeriodHasOneEnd, ()) {
  const absl::TimeZone athens = Zone("Europe/Athens");
  const auto period = *rc::gen::element(
      CalendarPeriod::kMonth, CalendarPeriod::kQuarter, CalendarPeriod::kYear);
  const absl::Time at = absl::FromUnixSeconds(
      *rc::gen::inRange<int64_t>(1'700'000'000, 2'000'000'000));
  const ExpireAtEndOf model{period, 0};
  const absl::Time end = LotFrom(model, at, athens).expire;
  RC_ASSERT(end > at);
  RC_ASSERT(LotFrom(model, end - absl::Microseconds(1), athens).expire == end);
  RC_ASSERT(LotFrom(model, end, athens).expire > end);
}

}  // namespace
}  // namespace pistis
