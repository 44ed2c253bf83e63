#include <string>

#include "absl/status/status.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(ListFunctionsTest, SortsSlicesAndCompares) {
  ExpectTrue({"lists.range(4) == [0, 1, 2, 3]",
              "[1,2,3,4].slice(1, 3) == [2, 3]",
              "[[1],[[2]],3].flatten() == [1,[2],3]",
              "[1,[2,[3,[4]]]].flatten(2) == [1,2,3,[4]]",
              "[3,1,2].sort() == [1,2,3]", "['b','a'].sort() == ['a','b']",
              "['c','aa','bbb'].sortBy(e, -size(e)) == ['bbb','aa','c']",
              "[1,2,2,1.0].distinct() == [1,2]", "[1,2].reverse() == [2,1]",
              "sets.contains([1,2,3], [3, 1])", "!sets.intersects([1], [])",
              "sets.equivalent([1, 1], [dyn(1u), dyn(1.0)])"});
}

TEST(ListFunctionsTest, RefusesWhatHasNoOrderOrIsOutside) {
  ExpectFailure({"[1,'a'].sort()", "[0.0 / 0.0, 1.0].sort()",
                 "[null, null].sort()", "[1, 2].slice(1, 3)",
                 "[1, 2].slice(2, 1)", "[[1]].flatten(-1)"});
}

}  // namespace
}  // namespace pistis::expr
