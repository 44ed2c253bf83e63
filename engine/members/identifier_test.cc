#include "engine/members/identifier.h"

#include <string>

#include "gtest/gtest.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

const ProgramId kShop("shop");
constexpr absl::string_view kSecret = "0123456789abcdef0123456789abcdef";

TEST(IdentifierTest, EmailsAreFoundWithoutRegardToCase) {
  EXPECT_EQ(IdentifierKey(kSecret, kShop, "email", "Ann@Example.com "),
            IdentifierKey(kSecret, kShop, "email", "ann@example.com"));
  EXPECT_NE(IdentifierKey(kSecret, kShop, "card", "AB"),
            IdentifierKey(kSecret, kShop, "card", "ab"));
}

TEST(IdentifierTest, KindAndProgramKeepIdentifiersApart) {
  const std::string card = IdentifierKey(kSecret, kShop, "card", "1");
  EXPECT_NE(card, IdentifierKey(kSecret, kShop, "phone", "1"));
  EXPECT_NE(card, IdentifierKey(kSecret, ProgramId("other"), "card", "1"));
  EXPECT_NE(card, IdentifierKey("other", kShop, "card", "1"));
}

TEST(IdentifierTest, WhatIsNoIdentifierIsRefusedByField) {
  EXPECT_TRUE(CheckIdentifier("identifier", "card", "17850").ok());
  for (const char* kind : {"", "Card", "e mail", "phone!"}) {
    const absl::Status status = CheckIdentifier("identifier", kind, "1");
    EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid) << kind;
    EXPECT_NE(status.message().find("identifier.kind"), std::string::npos);
  }
  EXPECT_FALSE(CheckIdentifier("identifier", "card", "  ").ok());
  EXPECT_FALSE(
      CheckIdentifier("identifier", "card", std::string(257, '1')).ok());
}

TEST(IdentifierTest, ADerivedMemberIdIsStable) {
  const MemberId id = DeriveMemberId(kSecret, kShop, RequestId("r1"));
  EXPECT_EQ(id, DeriveMemberId(kSecret, kShop, RequestId("r1")));
  EXPECT_NE(id, DeriveMemberId(kSecret, kShop, RequestId("r2")));
  EXPECT_TRUE(IsWellFormedId(id.text()));
}

}  // namespace
}  // namespace pistis
