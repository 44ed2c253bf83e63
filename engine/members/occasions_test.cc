#include "engine/members/occasions.h"

#include <vector>

#include "gtest/gtest.h"

namespace pistis {
namespace {

absl::TimeZone ZoneOf(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone));
  return zone;
}

const absl::TimeZone kAthens = ZoneOf("Europe/Athens");

absl::Time Midnight(int year, int month, int day) {
  return absl::FromCivil(absl::CivilDay(year, month, day), kAthens);
}

TEST(OccasionsTest, ADayComesRoundAtItsBeginningInTheZone) {
  const absl::CivilDay day(1990, 3, 5);
  EXPECT_EQ(NextOn(day, Midnight(2026, 3, 4), kAthens), Midnight(2026, 3, 5));
  EXPECT_EQ(NextOn(day, Midnight(2026, 3, 5), kAthens), Midnight(2027, 3, 5));
}

TEST(OccasionsTest, TheTwentyNinthOfFebruaryIsTheLastOfFebruaryInOtherYears) {
  const absl::CivilDay leap(1992, 2, 29);
  EXPECT_EQ(DayIn(leap, 2026), absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(DayIn(leap, 2028), absl::CivilDay(2028, 2, 29));
  EXPECT_EQ(DayIn(leap, 2100), absl::CivilDay(2100, 2, 28));
}

// In Beirut the clocks go on at midnight: the day begins at one.
TEST(OccasionsTest, ADayWithoutAMidnightBeginsWithItsFirstMoment) {
  const absl::TimeZone beirut = ZoneOf("Asia/Beirut");
  const absl::CivilDay day(1990, 3, 29);
  const absl::Time next =
      NextOn(day, absl::FromCivil(absl::CivilDay(2026, 1, 1), beirut), beirut);
  EXPECT_EQ(absl::ToCivilDay(next, beirut), absl::CivilDay(2026, 3, 29));
  EXPECT_EQ(absl::ToCivilDay(next - absl::Microseconds(1), beirut),
            absl::CivilDay(2026, 3, 28));
}

TEST(OccasionsTest, NobodyHasABirthdayBeforeBeingBorn) {
  const OccasionState state = Scheduled(
      {},
      {.birthday = absl::CivilDay(2027, 6, 1), .joined = Midnight(2026, 1, 1)},
      Midnight(2026, 2, 1), kAthens);
  EXPECT_EQ(state.birthday, Midnight(2028, 6, 1));
}

TEST(OccasionsTest, YearsComeRoundFromTheFirstOrderNotFromJoining) {
  const MemberDays days{.birthday = {}, .joined = Midnight(2025, 6, 1)};
  OccasionState state = Scheduled({}, days, Midnight(2026, 2, 1), kAthens);
  EXPECT_EQ(state.years, absl::InfiniteFuture());
  const absl::Time sold = Midnight(2028, 2, 29) + absl::Hours(18);
  state = WithFirstOrder(state, sold, kAthens);
  EXPECT_EQ(state.first_order, sold);
  EXPECT_EQ(state.years, Midnight(2029, 2, 28));
  state = Scheduled(state, days, Midnight(2029, 2, 28), kAthens);
  EXPECT_EQ(state.years, Midnight(2030, 2, 28));
  state = Scheduled(state, days, Midnight(2031, 5, 1), kAthens);
  EXPECT_EQ(state.years, Midnight(2032, 2, 29));
  EXPECT_EQ(state.anniversary, Midnight(2031, 6, 1));
  EXPECT_EQ(state.next_day(), Midnight(2031, 6, 1));
}

TEST(OccasionsTest, ABirthdayThatIsMovedComesOnceAYear) {
  OccasionState state;
  state.birthday_year = 2026;
  const MemberDays days{.birthday = absl::CivilDay(1990, 9, 1),
                        .joined = Midnight(2025, 1, 1)};
  state = Scheduled(state, days, Midnight(2026, 5, 1), kAthens);
  EXPECT_EQ(state.birthday, Midnight(2027, 9, 1));
}

TEST(OccasionsTest, NobodyHasABirthdayBeforeJoining) {
  const MemberDays days{.birthday = absl::CivilDay(1990, 3, 1),
                        .joined = Midnight(2026, 3, 1) + absl::Hours(10)};
  const OccasionState state =
      Scheduled({}, days, Midnight(2000, 1, 1), kAthens);
  EXPECT_EQ(state.birthday, Midnight(2027, 3, 1));
}

TEST(OccasionsTest, TheFirstAnniversaryIsAYearAfterJoining) {
  const OccasionState state =
      Scheduled({}, {.birthday = {}, .joined = Midnight(2026, 5, 1)},
                Midnight(2026, 4, 1), kAthens);
  EXPECT_EQ(state.anniversary, Midnight(2027, 5, 1));
  EXPECT_EQ(state.birthday, absl::InfiniteFuture());
}

TEST(OccasionsTest, ANoticeTellsOfAllThatExpiresThen) {
  const std::vector<Lot> lots = {
      {.expire = Midnight(2026, 4, 1), .points = Points(10)},
      {.expire = Midnight(2026, 4, 1),
       .points = Points(5),
       .kind = LotKind::kIdle},
      {.expire = Midnight(2026, 5, 1), .points = Points(7)},
      {.expire = absl::InfiniteFuture(), .points = Points(1)}};
  const auto first = NextNotice(lots, absl::UnixEpoch(), 14, kAthens);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->at, Midnight(2026, 3, 18));
  EXPECT_EQ(first->points, Points(15));
  const auto next = NextNotice(lots, first->expires, 14, kAthens);
  EXPECT_EQ(next->points, Points(7));
  EXPECT_FALSE(NextNotice(lots, next->expires, 14, kAthens).has_value());
}

TEST(OccasionsTest, WhatComesOutsideTheCalendarIsNotWhole) {
  EXPECT_TRUE(IsWhole(OccasionState()));
  const absl::Time long_ago = absl::FromUnixMicros(INT64_MIN);
  EXPECT_FALSE(IsWhole({.birthday = long_ago}));
  EXPECT_FALSE(IsWhole({.anniversary = long_ago}));
  EXPECT_FALSE(IsWhole({.first_order = long_ago}));
  EXPECT_FALSE(IsWhole({.years = long_ago}));
  EXPECT_FALSE(IsWhole({.birthday_year = 10'000}));
  EXPECT_TRUE(
      IsWhole({.birthday = Midnight(2026, 9, 1), .birthday_year = 9999}));
}

}  // namespace
}  // namespace pistis
