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
  EXPECT_EQ(code.size(), std::string("TY-7K3M-9QXA-52BD").size());
  EXPECT_EQ(code.substr(0, 3), "TY-");
}

TEST(CodeTest, CaseSpacesDashesAndLookAlikesDoNotMatter) {
  const std::string key = CodeKey(kSecret, kShop, "TY-10AB-CDEF");
  EXPECT_EQ(CodeKey(kSecret, kShop, " ty1oab cdef"), key);
  EXPECT_EQ(CodeKey(kSecret, kShop, "TYL0ABCDEF"), key);
  EXPECT_NE(CodeKey(kSecret, kShop, "TY-10AB-CDEG"), key);
  EXPECT_NE(CodeKey(kSecret, ProgramId("other"), "TY-10AB-CDEF"), key);
}

TEST(CodeTest, AnotherMembersCodeLooksLikeNone) {
  const CodeState code{.member_id = MemberId("m1"), .bound_to_member = true};
  const absl::Time now = absl::UnixEpoch();
  EXPECT_TRUE(CheckUsable(code, MemberId("m1"), now, "X").ok());
  const absl::Status other = CheckUsable(code, MemberId("m2"), now, "X");
  EXPECT_EQ(ReasonOf(other), Reason::kCodeNotFound);
  EXPECT_EQ(other, RefuseUnknownCode("X"));
}

TEST(CodeTest, ACodeEndsOnTheStrokeAndAfterItsUses) {
  CodeState code{.member_id = MemberId("m1"),
                 .expire = absl::UnixEpoch(),
                 .uses = 2,
                 .used = 1};
  const absl::Duration tick = absl::Microseconds(1);
  EXPECT_TRUE(
      CheckUsable(code, MemberId(), absl::UnixEpoch() - tick, "X").ok());
  EXPECT_EQ(ReasonOf(CheckUsable(code, MemberId(), absl::UnixEpoch(), "X")),
            Reason::kCodeExpired);
  code.used = 2;
  EXPECT_EQ(
      ReasonOf(CheckUsable(code, MemberId(), absl::UnixEpoch() - tick, "X")),
      Reason::kCodeUsed);
}

TEST(CodeTest, SupportSeesTheLastFourSymbols) {
  EXPECT_EQ(LastSymbols("TY-7K3M-52BD"), "52BD");
  EXPECT_EQ(LastSymbols("AB"), "AB");
}

}  // namespace
}  // namespace pistis
