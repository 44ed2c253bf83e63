#include "engine/codes/code.h"

#include <string>

#include "gtest/gtest.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

const ProgramId kShop("shop");
constexpr absl::string_view kSecret = "0123456789abcdef0123456789abcdef";

CodeTemplate ThankYou() {
  CodeTemplate code_template;
  code_template.id = "thank-you-10";
  code_template.prefix = "TY";
  return code_template;
}

TEST(CodeTest, ARetryDerivesTheSameCodeAndAnotherOrderAnother) {
  const std::string code =
      DeriveCode(kSecret, kShop, OrderId("o1"), ThankYou());
  EXPECT_EQ(code, DeriveCode(kSecret, kShop, OrderId("o1"), ThankYou()));
  EXPECT_NE(code, DeriveCode(kSecret, kShop, OrderId("o2"), ThankYou()));
  EXPECT_NE(code, DeriveCode("other", kShop, OrderId("o1"), ThankYou()));
  EXPECT_EQ(code.size(), std::string("TY-7K3M-9QXA-52BDC").size());
  EXPECT_EQ(code.substr(0, 3), "TY-");
}

TEST(CodeTest, CaseSpacesDashesAndLookAlikesDoNotMatter) {
  const std::string key = CodeKey(kSecret, kShop, "TY-10AB-CDEF");
  EXPECT_EQ(CodeKey(kSecret, kShop, " ty1oab cdef"), key);
  EXPECT_EQ(CodeKey(kSecret, kShop, "TYL0ABCDEF"), key);
  EXPECT_NE(CodeKey(kSecret, kShop, "TY-10AB-CDEG"), key);
  EXPECT_NE(CodeKey(kSecret, ProgramId("other"), "TY-10AB-CDEF"), key);
}

TEST(CodeTest, TheCheckSymbolComesLastUnlessTheTemplateHasNone) {
  CodeTemplate of = ThankYou();
  const std::string with = DeriveCode(kSecret, kShop, OrderId("o1"), of);
  EXPECT_TRUE(HasCheckSymbol(with));
  of.check = false;
  const std::string without = DeriveCode(kSecret, kShop, OrderId("o1"), of);
  EXPECT_EQ(with.substr(0, with.size() - 1), without);
}

TEST(CodeTest, NoGroupHasOneSymbol) {
  CodeTemplate of = ThankYou();
  for (of.symbols = 12; of.symbols <= 32; ++of.symbols) {
    const std::string code = DeriveCode(kSecret, kShop, OrderId("o1"), of);
    EXPECT_NE(code[code.size() - 2], '-') << code;
  }
}

class UsableTest : public testing::Test {
 protected:
  static constexpr absl::string_view kTyped = "X";

  [[nodiscard]] absl::Status Check(const CodeState& code,
                                   absl::string_view member,
                                   absl::Time at = absl::UnixEpoch()) const {
    return CheckUsable(code, MemberId(member), at, {kTyped, rulebook_});
  }

  Rulebook rulebook_;
};

TEST_F(UsableTest, AnotherMembersCodeAndAVoidOneLookLikeNone) {
  CodeState code{.member_id = MemberId("m1"), .bound_to_member = true};
  EXPECT_TRUE(Check(code, "m1").ok());
  const absl::Status other = Check(code, "m2");
  EXPECT_EQ(ReasonOf(other), Reason::kCodeNotFound);
  EXPECT_EQ(other, RefuseUnknownCode({kTyped, rulebook_}));
  code.is_void = true;
  EXPECT_EQ(Check(code, "m1"), other);
}

TEST_F(UsableTest, ACodeEndsOnTheStrokeAndAfterItsUses) {
  CodeState code{.member_id = MemberId("m1"),
                 .expire = absl::UnixEpoch(),
                 .uses = 2,
                 .used = 1};
  const absl::Time before = absl::UnixEpoch() - absl::Microseconds(1);
  EXPECT_TRUE(Check(code, "", before).ok());
  EXPECT_EQ(ReasonOf(Check(code, "")), Reason::kCodeExpired);
  code.used = 2;
  EXPECT_EQ(ReasonOf(Check(code, "", before)), Reason::kCodeUsed);
  code.uses = 0;
  EXPECT_TRUE(Check(code, "", before).ok());
}

TEST_F(UsableTest, EachMemberHasUsesOfTheirOwn) {
  CodeState code{.uses = 0, .used = 9, .uses_per_member = 2};
  code.used_by_member = 1;
  EXPECT_TRUE(Check(code, "ann").ok());
  code.used_by_member = 2;
  EXPECT_EQ(ReasonOf(Check(code, "ann")), Reason::kCodeUsed);
  EXPECT_EQ(ReasonOf(Check(code, "")), Reason::kCodeNotApplicable);
}

TEST_F(UsableTest, AMistypedCodeIsCalledSoWhereAllCodesHaveACheckSymbol) {
  const auto message = [&](absl::string_view typed) {
    return std::string(RefuseUnknownCode({typed, rulebook_}).message());
  };
  const std::string fits =
      DeriveCode(kSecret, kShop, OrderId("o1"), ThankYou());
  std::string wrong = fits;
  wrong.back() = wrong.back() == '7' ? '8' : '7';
  EXPECT_EQ(message(wrong).find("mistyped"), std::string::npos);
  rulebook_.codes.push_back(ThankYou());
  EXPECT_NE(message(wrong).find("mistyped"), std::string::npos);
  EXPECT_EQ(message(fits).find("mistyped"), std::string::npos);
  rulebook_.codes.push_back(ThankYou());
  rulebook_.codes.back().check = false;
  EXPECT_EQ(message(wrong).find("mistyped"), std::string::npos);
}

TEST(CodeTest, SupportSeesTheLastFourSymbols) {
  EXPECT_EQ(LastSymbols("TY-7K3M-52BD"), "52BD");
  EXPECT_EQ(LastSymbols("AB"), "AB");
}

}  // namespace
}  // namespace pistis
