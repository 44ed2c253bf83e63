#include "engine/care/standing.h"

#include "gtest/gtest.h"

namespace pistis {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

absl::Time DaysAgo(int days) {
  return kNow - absl::Hours(24) * days;
}

TEST(CareStandingTest, AWindowHoldsWhatIsYoungerThanItsDays) {
  const CareStanding standing{.given = {{DaysAgo(90), Money(100)},
                                        {DaysAgo(89), Money(20)},
                                        {kNow, Money(3)}},
                              .opened = {DaysAgo(90), DaysAgo(1)}};
  EXPECT_EQ(GivenIn(standing, kNow, 90), Money(23));
  EXPECT_EQ(OpenedIn(standing, kNow, 90), 1);
}

TEST(CareStandingTest, PruningTakesNothingFromAnyWindowToCome) {
  const CareStanding standing{.given = {{DaysAgo(400), Money(1)},
                                        {DaysAgo(366), Money(10)},
                                        {DaysAgo(365), Money(100)}},
                              .opened = {DaysAgo(367), DaysAgo(2)}};
  const CareStanding pruned = Pruned(standing, kNow);
  EXPECT_EQ(pruned.given.size(), 1U);
  EXPECT_EQ(pruned.opened.size(), 1U);
  EXPECT_EQ(GivenIn(pruned, kNow, kMaxCareWindowDays),
            GivenIn(standing, kNow, kMaxCareWindowDays));
}

TEST(CareStandingTest, CasesBelowAPartOfTheOrdersDoNotCount) {
  const ComplaintLimit fifth{.share_of_orders = Rate(20, 100)};
  EXPECT_FALSE(DoCasesCount(fifth, 2, 10));
  EXPECT_TRUE(DoCasesCount(fifth, 3, 10));
  EXPECT_TRUE(DoCasesCount(fifth, 1, 0));
  EXPECT_TRUE(DoCasesCount(ComplaintLimit(), 1, 1000));
}

}  // namespace
}  // namespace pistis
