#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/expr/test_environment.h"

namespace pistis::expr {
namespace {

TEST(TextFunctionsTest, CountsInCodePoints) {
  ExpectTrue(
      {"'©αT'.charAt(0) == '©' && '©αT'.charAt(1) == 'α' && '©αT'.charAt(2) == "
       "'T'",
       "'mokekom'.indexOf('vevf') == -1",
       "'mokekom'.indexOf('', 3) == 3",
       "'mokekom'.indexOf('o', 3) == 5",
       "'mokekom'.indexOf('om', 3) == 5",
       "'mo€e€βM'.indexOf('€') == 2",
       "'mo€e€βM'.indexOf('€', 3) == 4",
       "'mo€e€βM'.indexOf('€βM', 3) == 4",
       "'mo€e€βM'.indexOf('€β', 5) == -1",
       "'ujk'.indexOf('k') == 2",
       "'pfzze bfzze'.indexOf('pfzze bfzze') == 0",
       "'pfzze bfzze'.indexOf('fzze', 6) == 7",
       "'pfzze bfzze'.indexOf('fzbe neev!!') == -1",
       "'mokekom'.lastIndexOf('') == 7",
       "'mokekom'.lastIndexOf('om') == 5",
       "'mokekom'.lastIndexOf('vevf') == -1",
       "'mokekom'.lastIndexOf('', 3) == 3",
       "'mokekom'.lastIndexOf('o', 3) == 1",
       "'mo€e€βM'.lastIndexOf('€') == 4",
       "'mo€e€βM'.lastIndexOf('€', 3) == 2",
       "'mo€e€βM'.lastIndexOf('€β', 4) == 4",
       "'pfzze bfzze'.lastIndexOf('fzze', 6) == 1",
       "'pfzze bfzze'.lastIndexOf('zeb') == -1",
       "'pfzze bfzze'.lastIndexOf('fzbe neev!!') == -1",
       "'pfzze bfzze'.lastIndexOf('pfzze bfzze') == 0",
       "'bovovovovovo'.lastIndexOf('vovo', 7) == 6",
       "'mokekom'.lowerAscii() == 'mokekom'",
       "'MokeKØm Xuu'.lowerAscii() == 'mokekØm xuu'",
       "'MokeKØm Xuu'.upperAscii() == 'MOKEKØM XUU'"});
}

TEST(TextFunctionsTest, ChangesPartsAndJoinsText) {
  ExpectTrue(
      {R"("12 yoyg 12 peing".replace("{0}", "2") == "12 yoyg 12 peing")",
       R"("{0} yoyg {0} peing".replace("{0}", "2") == "2 yoyg 2 peing")",
       R"("{0} yoyg {0} peing".replace("{0}", "2", 1).replace("{0}", "23") == "2 yoyg 23 peing")",
       R"("1 €βM moke".replace("βM", "e€β") == "1 €e€β moke")",
       "'ab'.replace('', '-') == '-a-b-'",
       "'ab'.replace('', '-', 2) == '-a-b'",
       "'pfzze pfzze'.replace('pf', 'bf', 0) == 'pfzze pfzze'",
       "'pfzze benzy'.split(' ') == ['pfzze', 'benzy']",
       "'pfzze pfzze pfzze'.split(' ', 0) == []",
       "'pfzze pfzze pfzze'.split(' ', 1) == ['pfzze pfzze pfzze']",
       "'pfzze pfzze pfzze'.split(' ', 2) == ['pfzze', 'pfzze pfzze']",
       "'pfzze'.split('') == ['p','f','z','z','e']",
       "'pfzze'.split('', 2) == ['p','fzze']",
       "''.split(',') == ['']",
       "''.split('') == []",
       "'mokekom'.substring(4) == 'kom'",
       "'mokekom'.substring(7) == ''",
       "'mokekom'.substring(0, 4) == 'moke'",
       "'mokekom'.substring(4, 4) == ''",
       R"('mo€e€βM'.substring(2, 6) == "€e€β")",
       R"('mo€e€βM'.substring(7, 7) == "")",
       "'mokekom'.indexOf('o', 30) == -1",
       R"(" \f\n\r\t\vtext  ".trim() == "text")",
       R"("\u0085\u00a0\u3000 tea\u2003".trim() == "tea")",
       R"("\ufefftea\u200b".trim() == "\ufefftea\u200b")",
       R"(["x", "y"].join() == "xy")",
       R"(["x", "y"].join("-") == "x-y")",
       R"([].join() == "")",
       R"([].join("-") == "")",
       R"(strings.quote("a\n\tb\\") == "\"a\\n\\tb\\\\\"")",
       R"(strings.quote("\a\"é") == "\"\\a\\\"é\"")",
       "'divg'.reverse() == 'gvid'",
       "'Qepv Gvump'.reverse() == 'pmuvG vpeQ'",
       "'mo€e€βM'.reverse() == 'Mβ€e€om'",
       "base64.encode(b'coffe') == 'Y29mZmU='",
       "base64.decode('Y29mZmVl') == b'coffee'",
       "base64.decode('Y29mZmU') == b'coffe'",
       "'coffee'.matches('f+e') && matches('coffee', '^c')"});
}

TEST(TextFunctionsTest, GivesPartsOfTheText) {
  EXPECT_EQ(Evaluated("'mokekom'.charAt(3)"), R"("e")");
  EXPECT_EQ(Evaluated("'mokekom'.charAt(7)"), R"("")");
  EXPECT_EQ(Evaluated("'mokekom'.indexOf('')"), "0");
  EXPECT_EQ(Evaluated("'mokekom'.indexOf('ok')"), "1");
  EXPECT_EQ(Evaluated(R"(strings.quote("\\\\test"))"), R"("\"\\\\\\\\test\"")");
}

TEST(TextFunctionsTest, RefusesPlacesOutsideTheText) {
  ExpectFailure({"'mokekom'.substring(40)", "'mokekom'.substring(-1)",
                 "'mokekom'.substring(1, 50)", "'mokekom'.substring(4, 3)",
                 "'mokekom'.charAt(30)", "'mokekom'.indexOf('o', -1)",
                 "'mokekom'.lastIndexOf('o', -1)", "'a'.matches('(')"});
}

TEST(TextFunctionsTest, APatternThatIsNoTextFailsAsACallWould) {
  for (const char* pattern : {"1", "true", "null", "b'a'", "['a']"}) {
    const std::string call = absl::StrCat("'a'.matches(dyn(", pattern, "))");
    EXPECT_EQ(Evaluated(call),
              absl::StrCat("1:5: `", call,
                           "`: values of these kinds do not go together here"));
  }
}

TEST(TextFunctionsTest, APatternThatIsNoneDoesNotCompile) {
  EXPECT_EQ(Evaluated("line.category.matches('^drinks/(tea|coffee)$')"),
            "true");
  EXPECT_EQ(Evaluated("line.category.matches('(')"),
            "1:23: this is no pattern: missing ): (");
  EXPECT_EQ(Evaluated("line.category.matches(line.category + '(')"),
            "1:15: `line.category.matches(line.category + '(')`: this is no "
            "pattern: missing ): drinks/coffee(");
  EXPECT_EQ(Evaluated("'a'.matches('((a{100}){10}){10}')").substr(0, 33),
            "1:13: this is no pattern: invalid");
}

TEST(TextFunctionsTest, EachFunctionEndsInBoundedTimeAndMemory) {
  const std::string big = "lists.range(9000).map(x, 'aaaaaaaaaa').join()";
  for (const std::string& source :
       {big + ".replace('', " + big + ")", big + ".replace('a', " + big + ")",
        "lists.range(9000).map(x, '').join(" + big + ")",
        "lists.range(90).map(x, " + big + ".matches('(a*)*b|(a|b|ab)*c'))",
        "lists.range(50).all(x, " + big + ".contains(" + big + " + 'b') || " +
            big + ".split('') == [])",
        "[0].map(x, [x, x])" + std::string() +
            ".map(x, [x, x, x, x, x, x, x, x]).map(x, [x, x, x, x, x, x])"
            ".map(x, [x, x, x, x, x, x, x, x]).map(x, [x, x, x, x, x, x])"
            ".map(x, [x, x, x, x, x, x, x, x]).map(x, [x, x, x, x, x, x])"
            ".map(x, [x, x, x, x, x, x, x, x]).map(x, [x, x, x, x, x, x])"}) {
    const auto expression = Expression::Compile(source, ShopEnvironment());
    ASSERT_TRUE(expression.ok()) << expression.status();
    EXPECT_EQ(expression->Evaluate(FixedActivation({})).status().code(),
              absl::StatusCode::kResourceExhausted)
        << source;
  }
}

}  // namespace
}  // namespace pistis::expr
