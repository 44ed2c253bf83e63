#include "engine/members/referral_code.h"

#include "gtest/gtest.h"

namespace pistis {
namespace {

const ProgramId kProgram("shop");
const MemberId kAnn("ann");

TEST(ReferralCodeTest, IsAlwaysTheSameAndFoundHoweverItIsWritten) {
  const std::string code = ReferralCode("secret", kProgram, kAnn, "FRIEND");
  EXPECT_EQ(code, ReferralCode("secret", kProgram, kAnn, "FRIEND"));
  EXPECT_EQ(code.size(), 6U + 3 * 5);
  std::string typed = code;
  for (char& symbol : typed)
    symbol = symbol == '-' ? ' ' : static_cast<char>(std::tolower(symbol));
  EXPECT_EQ(ReferralKey("secret", kProgram, typed),
            ReferralKey("secret", kProgram, code));
}

TEST(ReferralCodeTest, StaysGoodUnderAnotherPrefix) {
  EXPECT_EQ(ReferralKey("secret", kProgram,
                        ReferralCode("secret", kProgram, kAnn, "OLD")),
            ReferralKey("secret", kProgram,
                        ReferralCode("secret", kProgram, kAnn, "")));
}

TEST(ReferralCodeTest, IsAnotherOneForEachMemberProgramAndSecret) {
  const std::string code = ReferralCode("secret", kProgram, kAnn, "");
  EXPECT_NE(code, ReferralCode("secret", kProgram, MemberId("ben"), ""));
  EXPECT_NE(code, ReferralCode("secret", ProgramId("cafe"), kAnn, ""));
  EXPECT_NE(code, ReferralCode("other", kProgram, kAnn, ""));
}

}  // namespace
}  // namespace pistis
