#include "engine/base/refusal.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

#include "engine/base/ids.h"

namespace pistis {
namespace {

TEST(RefusalTest, EveryReasonKeepsItsNameThroughAStatus) {
  std::set<std::string> names;
  for (int i = 0; i <= static_cast<int>(Reason::kRecordCorrupt); ++i) {
    const auto reason = static_cast<Reason>(i);
    const absl::Status status = Refuse(reason, "why");
    EXPECT_EQ(ReasonOf(status), reason);
    EXPECT_EQ(status.code(), ReasonCode(reason));
    EXPECT_FALSE(status.ok());
    names.insert(std::string(ReasonName(reason)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(Reason::kRecordCorrupt) + 1);
}

TEST(RefusalTest, AFieldRefusalNamesTheField) {
  const absl::Status status = RefuseField("order.lines[2].quantity", "is 0");
  EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
  EXPECT_EQ(status.message(), "order.lines[2].quantity: is 0");
}

TEST(RefusalTest, ARefusalSurvivesItsBytes) {
  const absl::Status status = RefuseField("order.codes[0]", "is empty");
  EXPECT_EQ(ParseRefusal(SerializeRefusal(status)), status);
  EXPECT_EQ(ReasonOf(ParseRefusal("\xff")), Reason::kRecordCorrupt);
}

TEST(RefusalTest, WhatIsNoTextIsToldWithEscapesAndLosesNoReason) {
  const absl::Status lost = RefuseNotFound("member", "\x04 \xb8\xa7");
  EXPECT_EQ(ReasonOf(lost), Reason::kNotFound);
  EXPECT_EQ(lost.message(), R"(no member \"\x04 \xb8\xa7\")");
  EXPECT_EQ(ParseRefusal(SerializeRefusal(lost)), lost);
  const absl::Status field = RefuseField("order.\xff", "is \xfe");
  EXPECT_EQ(ReasonOf(field), Reason::kFieldInvalid);
  EXPECT_EQ(ParseRefusal(SerializeRefusal(field)), field);
  EXPECT_EQ(RefuseNotFound("member", "Ζωή").message(), "no member \"Ζωή\"");
}

TEST(RefusalTest, TheSameRefusalHasTheSameBytes) {
  const std::string first = SerializeRefusal(RefuseNotFound("order", "o1"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(SerializeRefusal(RefuseNotFound("order", "o1")), first);
  }
}

TEST(RefusalTest, AStatusFromElsewhereHasNoReason) {
  EXPECT_EQ(ReasonOf(absl::InternalError("disk")), std::nullopt);
}

TEST(IdsTest, IdsArePrintableAsciiOfBoundedLength) {
  EXPECT_TRUE(IsWellFormedId("#1001"));
  EXPECT_TRUE(IsWellFormedId(std::string(kMaxIdLength, 'a')));
  for (const std::string& text :
       {std::string(), std::string("a b"), std::string("a\0b", 3),
        std::string("\xce\xb1"), std::string(kMaxIdLength + 1, 'a')}) {
    EXPECT_FALSE(IsWellFormedId(text));
  }
}

}  // namespace
}  // namespace pistis
