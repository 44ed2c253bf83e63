#include "clients/cli/time_text.h"

#include <string>

#include "gtest/gtest.h"

namespace pistis {
namespace {

// "2026-01-31T16:30:00Z" for `text` typed in Athens at noon UTC that day;
// empty where it is no time.
std::string Meaning(const std::string& text) {
  absl::TimeZone athens;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Athens", &athens));
  const absl::Time noon =
      absl::FromCivil(absl::CivilHour(2026, 1, 31, 12), absl::UTCTimeZone()) +
      absl::Milliseconds(250);
  const auto time = ParseTimeText(text, athens, noon);
  return time ? absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", *time,
                                 absl::UTCTimeZone())
              : "";
}

TEST(TimeTextTest, ADayBeginsOnTheProgramsClock) {
  EXPECT_EQ(Meaning("2026-01-31"), "2026-01-30T22:00:00Z");
  EXPECT_EQ(Meaning("2026-07-01"), "2026-06-30T21:00:00Z");
}

TEST(TimeTextTest, AMinuteIsOnTheProgramsClockUnlessAnOffsetSaysMore) {
  EXPECT_EQ(Meaning("2026-01-31 18:30"), "2026-01-31T16:30:00Z");
  EXPECT_EQ(Meaning("2026-01-31T18:30"), "2026-01-31T16:30:00Z");
  EXPECT_EQ(Meaning("2026-01-31T18:30:00Z"), "2026-01-31T18:30:00Z");
  EXPECT_EQ(Meaning("2026-01-31T18:30:00.7-05:00"), "2026-01-31T23:30:00Z");
}

TEST(TimeTextTest, AWhileIsCountedFromNowInWholeSeconds) {
  EXPECT_EQ(Meaning("+30d"), "2026-03-02T12:00:00Z");
  EXPECT_EQ(Meaning("-2h"), "2026-01-31T10:00:00Z");
  EXPECT_EQ(Meaning("+90m"), "2026-01-31T13:30:00Z");
  EXPECT_EQ(Meaning("+5s"), "2026-01-31T12:00:05Z");
}

TEST(TimeTextTest, OtherTextIsNoTime) {
  for (const char* text :
       {"", "soon", "30d", "+d", "++3d", "+-3d", "+3w", "+99999999999d",
        "2026-02-30", "2026-01-31T18:30:00", "2026-01-31x"}) {
    EXPECT_EQ(Meaning(text), "") << text;
  }
}

}  // namespace
}  // namespace pistis
