#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(TimeTest, ReadsComparesAndTakesApartTimes) {
  ExpectTrue(
      {"type(timestamp(0)) == google.protobuf.Timestamp",
       "timestamp('1972-01-01T05:00:00-08:00') == "
       "timestamp('1972-01-01T13:00:00Z')",
       "timestamp('9999-12-31T23:59:59.999999999Z') > "
       "timestamp('0001-01-01T00:00:00Z')",
       "timestamp('2020-06-15T12:00:00Z').getHours('Europe/Athens') == 15",
       "[null, timestamp(0)] == [null, timestamp(0)]"});
}

TEST(TimeTest, WritesTimesAsTheyAreRead) {
  EXPECT_EQ(Evaluated("duration('1.5h')"), R"(duration("5400s"))");
  EXPECT_EQ(Evaluated("duration('-0.000000001s')"),
            R"(duration("-0.000000001s"))");
  EXPECT_EQ(Evaluated("true ? null : timestamp(0)"), "null");
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  ExpectFailure({"duration('1d')", "duration('')", "duration('inf')",
                 "timestamp('2023-02-29T00:00:00Z')",
                 "timestamp('2023-02-28T24:00:00Z')",
                 "timestamp('2009-02-13 23:31:30Z')",
                 "timestamp('2020-06-15T12:00:00Z').getHours('Nowhere/Land')"});
}

TEST(TimeTest, PartsAreThoseOfTheZone) {
  const std::string time = "timestamp('2024-12-31T23:30:15.250Z')";
  for (const auto& [part, wanted] :
       std::vector<std::pair<std::string, std::string>>{
           {"getFullYear()", "2024"},
           {"getFullYear('Europe/Athens')", "2025"},
           {"getMonth('+02:00')", "0"},
           {"getDate('02:00')", "1"},
           {"getDayOfMonth('-00:30')", "30"},
           {"getDayOfWeek('Europe/Athens')", "3"},
           {"getDayOfYear()", "365"},
           {"getHours('-09:30')", "14"},
           {"getMinutes('Asia/Kathmandu')", "15"},
           {"getSeconds()", "15"},
           {"getMilliseconds()", "250"}}) {
    EXPECT_EQ(Evaluated(time + "." + part), wanted) << part;
  }
}

TEST(TimeTest, AZoneThatIsNoneDoesNotCompile) {
  EXPECT_EQ(Evaluated("timestamp(quantity).getHours('Europe/Athen')"),
            "1:30: no time zone \"Europe/Athen\"");
  ExpectFailure({"timestamp(0).getHours('/etc/passwd')",
                 "timestamp(0).getHours('../zoneinfo/UTC')",
                 "timestamp(0).getHours('+24:00')",
                 "timestamp(0).getHours('')"});
}

TEST(TimeTest, ResultsOutsideTheRangeAreErrors) {
  ExpectFailure({"timestamp(quantity) + duration('292y')",
                 "timestamp('9999-12-31T23:59:59Z') + duration('1s')",
                 "duration('9223372036s') + duration('1s')",
                 "duration('-9223372037s')"});
  ExpectTrue({"duration('9223372036s') > duration('-9223372036s')",
              "timestamp(1) - timestamp(0) == duration('1s')"});
}

}  // namespace
}  // namespace pistis::expr
