#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(OptionalsTest, HoldAValueOrNothing) {
  ExpectTrue({"optional.of(1).hasValue()",
              "optional.none().or(optional.none()).orValue(42) == 42",
              "optional.of(42).or(optional.of(20)).value() == 42",
              "optional.of(1).orValue(1/0) == 1",
              "optional.ofNonZeroValue(1).hasValue()",
              "optional.none() == optional.none()",
              "optional.of(1) == optional.of(1) && optional.of(1) != "
              "optional.of(2) && optional.of(1) != optional.none()",
              "{'key': {'subkey': 'x'}}.?key.subkey.orValue('y') == 'x'",
              "has({'c': {'a': 1}}.?c.a)",
              "{'c': {'dashed-index': "
              "'goodbye'}}.c[?'dashed-index'].orValue('d') == 'goodbye'",
              "[1,2,3][?5].orValue(7) == 7",
              "[?optional.of(1), ?optional.none(), 3] == [1, 3]",
              "{?'a': optional.of(1), ?'b': optional.none()} == {'a': 1}",
              "optional.of(42).optMap(y, y + 1).value() == 43",
              "optional.of({'k': 1}).optFlatMap(m, m.?k).value() == 1",
              "optional.unwrap([optional.of(1), optional.none()]) == [1]",
              "[optional.of(1), optional.none()].unwrapOpt() == [1]",
              "type(optional.of(1)) == optional_type",
              "optional.of({'c': [1]}).c[0].value() == 1",
              "[1,2,3].first().value() == 1 && [].last().hasValue() == false",
              "optional.of(optional.of(1)).value().value() == 1"});
}

TEST(OptionalsTest, ShowWhatTheyHold) {
  EXPECT_EQ(Evaluated("optional.none().hasValue()"), "false");
  EXPECT_EQ(Evaluated("optional.ofNonZeroValue(0).hasValue()"), "false");
  EXPECT_EQ(Evaluated("{}.?c.hasValue()"), "false");
  EXPECT_EQ(Evaluated("has({'c': {}}.?c.a)"), "false");
  EXPECT_EQ(Evaluated("optional.none().optMap(y, y + 1).hasValue()"), "false");
}

TEST(OptionalsTest, FailWhereNothingIsTakenForAValue) {
  ExpectFailure({"optional.none().value()"});
}

}  // namespace
}  // namespace pistis::expr
