#include "engine/rules/validity.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "tests/support/builders.h"

namespace pistis {
namespace {

Validity ValidityOf(const std::string& keys) {
  return RulebookOf(absl::StrCat("rules: [{id: a, earn: {points: 1}, valid: {",
                                 keys, "}}]"))
      .rules.at(0)
      .valid.value();
}

TEST(ValidityTest, DaysAreWholeToTheirLastMinute) {
  const Validity validity = ValidityOf("from: 2026-03-01, to: 2026-03-31");
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 2, 28, 23, 59)));
  EXPECT_TRUE(IsValidAt(validity, absl::CivilMinute(2026, 3, 1, 0, 0)));
  EXPECT_TRUE(IsValidAt(validity, absl::CivilMinute(2026, 3, 31, 23, 59)));
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 4, 1, 0, 0)));
}

TEST(ValidityTest, HoursOverMidnightBelongToTheDayTheyBeganOn) {
  // 9 January 2026 is a Friday.
  const Validity validity =
      ValidityOf("from: 2026-01-09, days: [fri], hours: \"22:00-02:00\"");
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 1, 9, 1, 0)));
  EXPECT_TRUE(IsValidAt(validity, absl::CivilMinute(2026, 1, 9, 22, 0)));
  EXPECT_TRUE(IsValidAt(validity, absl::CivilMinute(2026, 1, 10, 1, 59)));
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 1, 10, 2, 0)));
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 1, 10, 22, 0)));
}

TEST(ValidityTest, HoursMayReachToMidnight) {
  const Validity validity = ValidityOf("hours: \"20:00-24:00\"");
  EXPECT_TRUE(IsValidAt(validity, absl::CivilMinute(2026, 1, 9, 23, 59)));
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 1, 10, 0, 0)));
  EXPECT_FALSE(IsValidAt(validity, absl::CivilMinute(2026, 1, 9, 19, 59)));
}

}  // namespace
}  // namespace pistis
