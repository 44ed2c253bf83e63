#include "engine/base/code_text.h"

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

#include "engine/base/digest.h"

namespace pistis {
namespace {

// Codes of all lengths that a format allows, with their check symbol.
std::vector<std::string> CheckedCodes() {
  std::mt19937_64 random(4711);
  std::vector<std::string> codes;
  for (const char* prefix : {"", "TY", "SUMMER24"}) {
    for (int symbols = 12; symbols <= 32; ++symbols) {
      std::string code = prefix;
      for (int i = 0; i < symbols; ++i)
        code.push_back(kCodeSymbols[random() % kCodeSymbols.size()]);
      codes.push_back(NormalizeCode(code));
      codes.back().push_back(CheckSymbol(codes.back()));
    }
  }
  return codes;
}

TEST(CodeTextTest, TheCheckSymbolFits) {
  for (const std::string& code : CheckedCodes())
    EXPECT_TRUE(HasCheckSymbol(code)) << code;
  EXPECT_FALSE(HasCheckSymbol(""));
}

TEST(CodeTextTest, EveryWrongSymbolIsFoundAtEveryPlace) {
  for (const std::string& code : CheckedCodes()) {
    for (size_t at = 0; at < code.size(); ++at) {
      for (const char symbol : kCodeSymbols) {
        std::string wrong = code;
        wrong[at] = symbol;
        // A U counts as V, wherever a prefix has one.
        const bool is_same =
            wrong[at] == code[at] || (code[at] == 'U' && symbol == 'V');
        EXPECT_EQ(HasCheckSymbol(wrong), is_same) << code << " " << wrong;
      }
    }
  }
}

TEST(CodeTextTest, EverySwapOfNeighboursIsFoundAtEveryPlace) {
  for (const std::string& code : CheckedCodes()) {
    for (size_t at = 1; at < code.size(); ++at) {
      std::string wrong = code;
      std::swap(wrong[at - 1], wrong[at]);
      EXPECT_EQ(HasCheckSymbol(wrong), wrong == code) << code << " " << wrong;
    }
  }
}

// All pairs of different neighbours, not those alone that chance brings.
TEST(CodeTextTest, EveryPairOfNeighboursIsFoundWhenItIsSwapped) {
  for (const char a : kCodeSymbols) {
    for (const char b : kCodeSymbols) {
      if (a == b) continue;
      for (int behind = 0; behind < 32; ++behind) {
        const std::string rest(static_cast<size_t>(behind), '7');
        std::string code = absl::StrCat(std::string{a, b}, rest);
        code.push_back(CheckSymbol(code));
        std::swap(code[0], code[1]);
        EXPECT_FALSE(HasCheckSymbol(code)) << code;
      }
    }
  }
}

TEST(CodeTextTest, SpellingDoesNotMatterToTheCheckSymbol) {
  const std::string code = "TY-10AB-CDEF-GHJK";
  EXPECT_EQ(CheckSymbol(code), CheckSymbol("tyloabcdefghjk"));
}

}  // namespace
}  // namespace pistis
