#include "server/http/connection_counts.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace pistis::server {
namespace {

constexpr absl::Duration kStart = absl::Hours(5);

// How many of `tries` come in.
int Entered(ConnectionCounts& counts, const std::string& address, int tries,
            absl::Duration now) {
  int entered = 0;
  for (int i = 0; i < tries; ++i)
    entered += counts.Enter(address, now) ? 1 : 0;
  return entered;
}

TEST(ConnectionCountsTest, NoMoreAreOpenThanMayBeInAllAndOfOneAddress) {
  ConnectionCounts counts(
      {.most = 5, .most_per_address = 3, .new_per_second = 1000});
  EXPECT_EQ(Entered(counts, "a", 9, kStart), 3);
  EXPECT_EQ(Entered(counts, "b", 9, kStart), 2);
  counts.Leave("a");
  EXPECT_EQ(Entered(counts, "b", 9, kStart + absl::Seconds(1)), 1);
}

TEST(ConnectionCountsTest, WhoComesAndGoesComesNoFasterThanItMay) {
  ConnectionCounts counts(
      {.most = 100, .most_per_address = 8, .new_per_second = 2});
  absl::Duration now = kStart;
  const auto come_and_go = [&counts, &now] {
    if (!counts.Enter("a", now)) return false;
    counts.Leave("a");
    return true;
  };
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(come_and_go());
  EXPECT_FALSE(come_and_go());
  EXPECT_TRUE(counts.Enter("b", now));
  now += absl::Milliseconds(499);
  EXPECT_FALSE(come_and_go());
  now += absl::Milliseconds(1);
  EXPECT_TRUE(come_and_go());
  EXPECT_FALSE(come_and_go());
  now += absl::Hours(1);
  EXPECT_EQ(Entered(counts, "a", 20, now), 8);
}

TEST(ConnectionCountsTest, AddressesThatWentAreForgottenAndOpenOnesAreNot) {
  ConnectionCounts counts(
      {.most = 10, .most_per_address = 2, .new_per_second = 1});
  EXPECT_EQ(Entered(counts, "stays", 2, kStart), 2);
  for (int i = 0; i < 30'000; ++i) {
    const std::string address = absl::StrCat("a", i);
    ASSERT_TRUE(counts.Enter(address, kStart));
    counts.Leave(address);
  }
  EXPECT_FALSE(counts.Enter("stays", kStart + absl::Hours(1)));
}

}  // namespace
}  // namespace pistis::server
