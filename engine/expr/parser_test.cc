#include "engine/expr/parser.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pistis::expr {
namespace {

// The tree as text, every operation in brackets.
std::string Shape(const Ast& ast, NodeId id) {
  const Node& node = ast.nodes[static_cast<size_t>(id)];
  std::string parts;
  for (const NodeId child : node.children) {
    absl::StrAppend(&parts, " ", Shape(ast, child));
  }
  switch (node.kind) {
    case NodeKind::kLiteral:
      return node.literal.DebugText();
    case NodeKind::kIdentifier:
      return node.name;
    case NodeKind::kSelect:
      return absl::StrCat("(.", node.name, parts, ")");
    case NodeKind::kOptionalSelect:
      return absl::StrCat("(.?", node.name, parts, ")");
    case NodeKind::kIndex:
      return absl::StrCat("([]", parts, ")");
    case NodeKind::kOptionalIndex:
      return absl::StrCat("([?]", parts, ")");
    case NodeKind::kOptionalItem:
      return absl::StrCat("(?", parts, ")");
    case NodeKind::kList:
      return absl::StrCat("(list", parts, ")");
    case NodeKind::kMap:
      return absl::StrCat("(map", parts, ")");
    case NodeKind::kOperator:
      return absl::StrCat("(", OperatorText(node.operation), parts, ")");
    case NodeKind::kAnd:
      return absl::StrCat("(&&", parts, ")");
    case NodeKind::kOr:
      return absl::StrCat("(||", parts, ")");
    case NodeKind::kConditional:
      return absl::StrCat("(?", parts, ")");
    case NodeKind::kFunctionCall:
      return absl::StrCat("(", node.name, parts, ")");
    case NodeKind::kMethodCall:
      return absl::StrCat("(method ", node.name, parts, ")");
  }
  return "?";
}

// The shape of what `source` parses to, or the error with its position.
std::string Parsed(const std::string& source) {
  const auto ast = Parse(source);
  if (!ast.ok()) return std::string(ast.status().message());
  return Shape(*ast, ast->root);
}

TEST(ParserTest, OperatorsBindAsTheGrammarSays) {
  EXPECT_EQ(Parsed("a || b && c == d + e * f"),
            "(|| a (&& b (== c (+ d (* e f)))))");
  EXPECT_EQ(Parsed("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(Parsed("a < b == c"), "(== (< a b) c)");
  EXPECT_EQ(Parsed("(a + b) * c % d"), "(% (* (+ a b) c) d)");
  EXPECT_EQ(Parsed("a in b.c"), "(in a (.c b))");
  EXPECT_EQ(Parsed("a && b && c"), "(&& a b c)");
}

TEST(ParserTest, ConditionalsNestToTheRight) {
  EXPECT_EQ(Parsed("a ? b : c ? d : e"), "(? a b (? c d e))");
}

TEST(ParserTest, SignsBelongToLiteralsAndNegateTheRest) {
  EXPECT_EQ(Parsed("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(Parsed("-a"), "(- a)");
  EXPECT_EQ(Parsed("--1"), "(- -1)");
  EXPECT_EQ(Parsed("-(1)"), "(- 1)");
  EXPECT_EQ(Parsed("1 -1"), "(- 1 1)");
  EXPECT_EQ(Parsed("!!a"), "(! (! a))");
  EXPECT_EQ(Parsed("-1u"), "(- 1u)");
}

TEST(ParserTest, MembersChainToTheLeft) {
  EXPECT_EQ(Parsed("a.b[0].c(d, e).f"), "(.f (method c ([] (.b a) 0) d e))");
  EXPECT_EQ(Parsed("f()"), "(f)");
  EXPECT_EQ(Parsed(".a.b"), "(.b .a)");
  EXPECT_EQ(Parsed("a.`gift-wrap`"), "(.gift-wrap a)");
  EXPECT_EQ(Parsed("a.while"), "(.while a)");
}

TEST(ParserTest, ListsAndMapsAllowACommaAtTheEnd) {
  EXPECT_EQ(Parsed("[1, 2,]"), "(list 1 2)");
  EXPECT_EQ(Parsed("{'a': 1, 'b': [],}"), "(map \"a\" 1 \"b\" (list))");
  EXPECT_EQ(Parsed("{}"), "(map)");
}

TEST(ParserTest, AQuestionMarkAsksForWhatMayBeAbsent) {
  EXPECT_EQ(Parsed("a.?b[?c]"), "([?] (.?b a) c)");
  EXPECT_EQ(Parsed("[?a, b]"), "(list (? a) b)");
  EXPECT_EQ(Parsed("{?a: b}"), "(map a (? b))");
  EXPECT_EQ(Parsed("a ? .b : c"), "(? a .b c)");
}

TEST(ParserTest, NumbersReadInEveryForm) {
  EXPECT_EQ(Parsed("0xFf"), "255");
  EXPECT_EQ(Parsed("0xffU"), "255u");
  EXPECT_EQ(Parsed(".5"), "0.5");
  EXPECT_EQ(Parsed("1e3"), "1000.0");
  EXPECT_EQ(Parsed("1.5E-1"), "0.15");
  EXPECT_EQ(Parsed("18446744073709551615u"), "18446744073709551615u");
}

TEST(ParserTest, TextReadsWithEscapesRawAndInTripleQuotes) {
  EXPECT_EQ(Parsed(R"('a\tb\x41\101\u03b1')"), R"("a\tbAAα")");
  EXPECT_EQ(Parsed(R"(r'a\tb')"), R"("a\\tb")");
  EXPECT_EQ(Parsed("'''a'b\n\"c'''"), R"("a\'b\n\"c")");
  EXPECT_EQ(Parsed(R"(b'\xff\377')"), R"(b"\xff\xff")");
  EXPECT_EQ(Parsed(R"(br'\x')"), R"(b"\\x")");
  EXPECT_EQ(Parsed("'''a\r\nb\rc'''"), R"("a\nb\nc")");
  EXPECT_EQ(Parsed("\"// no comment\" // a comment"), "\"// no comment\"");
}

TEST(ParserTest, ErrorsSayWhereAndWhat) {
  EXPECT_EQ(Parsed(""), "1:1: expected a value, found the end");
  EXPECT_EQ(Parsed("a b"), "1:3: expected an operator or the end, found `b`");
  EXPECT_EQ(Parsed("a &&\n  )"), "2:3: expected a value, found `)`");
  EXPECT_EQ(Parsed("f(a"), "1:4: expected `)`, found the end");
  EXPECT_EQ(Parsed("a ? b"), "1:6: expected `:`, found the end");
  EXPECT_EQ(Parsed("'αβ' $"), "1:6: this character has no meaning here");
  EXPECT_EQ(Parsed("'abc"), "1:1: this text has no closing quote");
  EXPECT_EQ(Parsed("'a\nb'"), "1:1: this text has no closing quote");
  EXPECT_EQ(Parsed(R"('a\q')"), "1:3: this escape has no meaning here");
  EXPECT_EQ(Parsed(R"('\ud800')"), "1:2: this escape has no meaning here");
  EXPECT_EQ(Parsed(R"(b'\u0041')"), "1:3: this escape has no meaning here");
  EXPECT_EQ(Parsed("9223372036854775808"),
            "1:1: this number does not fit an int");
  EXPECT_EQ(Parsed("18446744073709551616u"),
            "1:1: this number does not fit 64 bits");
  EXPECT_EQ(Parsed("1e999"), "1:1: this number does not fit a double");
  EXPECT_EQ(Parsed("while"), "1:1: `while` is a reserved word");
  EXPECT_EQ(Parsed("A{b: 1}"), "1:2: messages cannot be built here");
  EXPECT_EQ(Parsed("a.1"), "1:2: expected an operator or the end, found `.1`");
  EXPECT_EQ(Parsed("a.true"),
            "1:3: expected a field or method name, found `true`");
  EXPECT_EQ(Parsed(".1.a.true"),
            "1:6: expected a field or method name, found `true`");
  EXPECT_EQ(Parsed(". true"), "1:3: expected a name, found `true`");
  EXPECT_EQ(Parsed("'\xff'"), "1:2: this is not UTF-8 text");
}

TEST(ParserTest, NodesKnowWhatTheyReadInTheSource) {
  const auto ast = Parse(" (a + b).c  ==  1");
  ASSERT_TRUE(ast.ok());
  const auto text_of = [&](NodeId id) {
    const Node& node = ast->nodes[static_cast<size_t>(id)];
    return ast->source.substr(static_cast<size_t>(node.begin),
                              static_cast<size_t>(node.end - node.begin));
  };
  const Node& root = ast->nodes[static_cast<size_t>(ast->root)];
  EXPECT_EQ(text_of(ast->root), "(a + b).c  ==  1");
  EXPECT_EQ(root.offset, 12);
  EXPECT_EQ(text_of(root.children[0]), "(a + b).c");
  const Node& select = ast->nodes[static_cast<size_t>(root.children[0])];
  EXPECT_EQ(select.offset, 9);
  EXPECT_EQ(text_of(select.children[0]), "(a + b)");
}

TEST(ParserTest, ExpressionsThatGoTooDeepAreRefused) {
  const auto nested = [](int depth) {
    return std::string(static_cast<size_t>(depth), '(') + "1" +
           std::string(static_cast<size_t>(depth), ')');
  };
  EXPECT_EQ(Parsed(nested(kMaxNesting - 1)), "1");
  EXPECT_EQ(Parsed(nested(kMaxNesting)),
            "1:65: this expression nests too deep");
  EXPECT_FALSE(Parse(nested(2000)).ok());
  EXPECT_FALSE(Parse(std::string(2000, '[')).ok());
  EXPECT_FALSE(Parse(std::string(2000, '!') + "a").ok());
  std::string fields = "a";
  std::string sum = "1";
  std::string all = "a";
  for (int i = 0; i < 300; ++i) {
    fields += ".a";
    sum += "+1";
    all += "&&a";
  }
  EXPECT_FALSE(Parse(fields).ok());
  EXPECT_FALSE(Parse(sum).ok());
  EXPECT_TRUE(Parse(all).ok());
}

TEST(ParserTest, ExpressionsThatAreTooLongAreRefused) {
  const std::string longest(kMaxSourceBytes, 'a');
  EXPECT_EQ(Parsed(longest), longest);
  EXPECT_EQ(Parsed(longest + "a"),
            "1:4097: an expression has at most 4096 bytes");
}

}  // namespace
}  // namespace pistis::expr
