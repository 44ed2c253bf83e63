#include "engine/operations/verify_tally.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

TEST(TallyTest, TellingsOfTheSameSumsAgreeInWhateverOrder) {
  Tally tally;
  for (int i = 0; i < 1000; ++i) {
    tally.Claim(Book::kRefunds, absl::StrCat("order ", i), 3);
    tally.Count(Book::kRefunds, absl::StrCat("order ", 999 - i), 1);
    tally.Count(Book::kRefunds, absl::StrCat("order ", 500 - i), 0);
  }
  EXPECT_FALSE(tally.Agrees());
  for (int i = 0; i < 1000; ++i) {
    tally.Count(Book::kRefunds, absl::StrCat("order ", i), 2);
  }
  EXPECT_TRUE(tally.Agrees());
}

TEST(TallyTest, TheSameSubjectInTwoBooksIsTwo) {
  Tally tally;
  tally.Claim(Book::kRefunds, "order 1", 1);
  tally.Count(Book::kRefundMoney, "order 1", 1);
  EXPECT_FALSE(tally.Agrees());
}

TEST(TallyTest, AmountsThatMovedFromOneSubjectToAnotherAreSeen) {
  for (int i = 0; i < 1000; ++i) {
    Tally tally;
    tally.Claim(Book::kRefunds, absl::StrCat("order ", i), 1);
    tally.Count(Book::kRefunds, absl::StrCat("order ", i + 1), 1);
    EXPECT_FALSE(tally.Agrees());
  }
}

TEST(TallyTest, ACloserOneNamesWhatDiffersAndNothingElse) {
  const auto tell = [](Tally& tally) {
    for (int i = 0; i < 200'000; ++i) {
      const std::string subject = absl::StrCat("order ", i);
      tally.Claim(Book::kRefunds, subject, i);
      tally.Count(Book::kRefunds, subject, i == 777 ? 42 : i);
    }
    tally.Count(Book::kHoldPoints, "hold 1", -5);
  };
  Tally tally;
  tell(tally);
  ASSERT_FALSE(tally.Agrees());
  Tally closer = tally.Closer();
  tell(closer);
  const auto found = closer.Disagreements();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].subject, "order 777");
  EXPECT_EQ(found[0].claimed, 777);
  EXPECT_EQ(found[0].counted, 42);
  EXPECT_EQ(found[1].subject, "hold 1");
  EXPECT_EQ(found[1].counted, -5);
  EXPECT_EQ(closer.left_out(), 0);
}

TEST(TallyTest, ItLooksIntoALimitedNumberOfPlacesAndSaysSo) {
  const auto tell = [](Tally& tally) {
    for (int i = 0; i < 100'000; ++i) {
      tally.Claim(Book::kRefunds, absl::StrCat("order ", i), 1);
    }
  };
  Tally tally;
  tell(tally);
  Tally closer = tally.Closer();
  tell(closer);
  EXPECT_GT(closer.left_out(), 0);
  EXPECT_GE(closer.Disagreements().size(), 256U);
  EXPECT_LT(closer.Disagreements().size(), 2'000U);
}

}  // namespace
}  // namespace pistis
