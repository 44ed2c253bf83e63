#include "engine/notes/sms.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

std::string Repeated(absl::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i)
    absl::StrAppend(&repeated, text);
  return repeated;
}

TEST(SmsTest, ATextOfTheGsmAlphabetTakes160AndThen153) {
  EXPECT_EQ(SmsParts(""), 0);
  EXPECT_EQ(SmsParts(Repeated("a", 160)), 1);
  EXPECT_EQ(SmsParts(Repeated("a", 161)), 2);
  EXPECT_EQ(SmsParts(Repeated("a", 306)), 2);
  EXPECT_EQ(SmsParts(Repeated("a", 307)), 3);
  EXPECT_EQ(SmsParts(Repeated("Δ", 160)), 1);
}

TEST(SmsTest, TheExtensionCountsDoubleAndIsNotSplit) {
  EXPECT_EQ(SmsParts(Repeated("€", 80)), 1);
  EXPECT_EQ(SmsParts(Repeated("€", 81)), 2);
  // 152 and one that does not fit into the first message any more.
  EXPECT_EQ(SmsParts(Repeated("a", 152) + Repeated("€", 77)), 3);
}

TEST(SmsTest, OtherTextsTake70AndThen67Units) {
  EXPECT_EQ(SmsParts(Repeated("ω", 70)), 1);
  EXPECT_EQ(SmsParts(Repeated("ω", 71)), 2);
  EXPECT_EQ(SmsParts(Repeated("я", 134)), 2);
  EXPECT_EQ(SmsParts(Repeated("я", 135)), 3);
  // Beyond the first plane: two units each, never split.
  EXPECT_EQ(SmsParts(Repeated("😀", 35)), 1);
  EXPECT_EQ(SmsParts(Repeated("😀", 66)), 2);
  EXPECT_EQ(SmsParts(Repeated("😀", 67)), 3);
}

TEST(SmsTest, OneSmallLetterMakesAGreekTextLong) {
  EXPECT_EQ(SmsParts(Repeated("Ω", 159) + "O"), 1);
  EXPECT_EQ(SmsParts(Repeated("Ω", 159) + "ω"), 3);
}

TEST(SmsTest, ATextThatFitsStaysAsItIs) {
  EXPECT_EQ(FitSms("Thank you", {}, 1), "Thank you");
}

TEST(SmsTest, TheEndIsCutAndAsLittleAsNeedBe) {
  EXPECT_EQ(FitSms(Repeated("a", 500), {}, 2), Repeated("a", 306));
  EXPECT_EQ(FitSms(Repeated("я", 500), {}, 1), Repeated("я", 70));
}

TEST(SmsTest, TheCodeIsKeptWhereverItStands) {
  const std::string code = "TY-7K3M-9QXA-52BD";
  for (const int before : {0, 60, 150, 300, 600}) {
    for (const int after : {0, 10, 400}) {
      for (const absl::string_view letter : {"a", "я"}) {
        const std::string text =
            Repeated(letter, before) + code + Repeated(letter, after);
        const size_t begin = Repeated(letter, before).size();
        const std::string fit =
            FitSms(text, {.begin = begin, .end = begin + code.size()}, 2);
        EXPECT_TRUE(absl::StrContains(fit, code)) << before << " " << after;
        EXPECT_LE(SmsParts(fit), 2);
        EXPECT_EQ(SmsParts(fit), std::min(SmsParts(text), 2));
      }
    }
  }
}

}  // namespace
}  // namespace pistis
