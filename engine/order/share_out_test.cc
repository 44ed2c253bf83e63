#include "engine/order/share_out.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "rapidcheck/gtest.h"
#include "tests/support/builders.h"

namespace pistis {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> Shared(int64_t total,
                            const std::vector<int64_t>& weights) {
  return MinorOf(ShareOut(Money(total), MoneyOf(weights)));
}

// The method as the textbook has it: whole quotas first, then one unit at a
// time to the line whose quota is cut most, looked for afresh each time.
std::vector<int64_t> NaiveShares(int64_t total,
                                 const std::vector<int64_t>& weights) {
  int64_t whole = 0;
  for (const int64_t weight : weights)
    whole += weight;
  std::vector<int64_t> shares(weights.size());
  if (total == 0 || whole == 0) return shares;
  int64_t left = total;
  for (size_t i = 0; i < weights.size(); ++i) {
    shares[i] = total * weights[i] / whole;
    left -= shares[i];
  }
  std::vector<bool> served(weights.size());
  for (; left > 0; --left) {
    size_t best = weights.size();
    int64_t best_cut = -1;
    for (size_t i = 0; i < weights.size(); ++i) {
      const int64_t cut = total * weights[i] % whole;
      if (!served[i] && cut > best_cut) {
        best = i;
        best_cut = cut;
      }
    }
    served[best] = true;
    ++shares[best];
  }
  return shares;
}

struct Split {
  int64_t total = 0;
  std::vector<int64_t> weights;
};

Split AnySplit() {
  Split split;
  split.weights = *rc::gen::container<std::vector<int64_t>>(
      rc::gen::inRange<int64_t>(0, 2000));
  const bool all_zero = std::all_of(split.weights.begin(), split.weights.end(),
                                    [](int64_t weight) { return weight == 0; });
  split.total = all_zero ? 0 : *rc::gen::inRange<int64_t>(0, 5000);
  return split;
}

TEST(ShareOutTest, NothingIsSharedOutAsNothing) {
  EXPECT_THAT(Shared(0, {}), IsEmpty());
  EXPECT_THAT(Shared(0, {0, 0}), ElementsAre(0, 0));
}

TEST(ShareOutTest, EqualRemaindersGoToTheEarlierLine) {
  EXPECT_THAT(Shared(1, {5, 5}), ElementsAre(1, 0));
  EXPECT_THAT(Shared(10, {1, 1, 1}), ElementsAre(4, 3, 3));
  EXPECT_THAT(Shared(11, {7, 7, 7}), ElementsAre(4, 4, 3));
}

TEST(ShareOutTest, TheLargestRemainderComesFirst) {
  // Quotas 1.2, 3.9 and 4.9 of ten.
  EXPECT_THAT(Shared(10, {12, 39, 49}), ElementsAre(1, 4, 5));
  // Quotas 0.4 and 0.6.
  EXPECT_THAT(Shared(1, {4, 6}), ElementsAre(0, 1));
}

TEST(ShareOutTest, ALineOfNoWeightGetsNothing) {
  EXPECT_THAT(Shared(7, {0, 3, 0, 3, 0}), ElementsAre(0, 4, 0, 3, 0));
}

TEST(ShareOutTest, TheLargestOrderIsSharedOutExactly) {
  const std::vector<Money> weights(kMaxOrderLines, Money(4'999'999'999));
  const std::vector<Money> shares = ShareOut(Money(9'999'999'997'999), weights);
  EXPECT_EQ(SumOf(shares), Money(9'999'999'997'999));
  EXPECT_EQ(shares.front(), Money(4'999'999'999));
  EXPECT_EQ(shares.back(), Money(4'999'999'998));
}

RC_GTEST_PROP(ShareOutProperty, SharesSumExactlyToTheTotal, ()) {
  const Split split = AnySplit();
  const std::vector<Money> shares =
      ShareOut(Money(split.total), MoneyOf(split.weights));
  RC_ASSERT(shares.size() == split.weights.size());
  RC_ASSERT(SumOf(shares) == Money(split.total));
}

RC_GTEST_PROP(ShareOutProperty, NoShareIsNegativeOrAboveItsWeight, ()) {
  const Split split = AnySplit();
  int64_t whole = 0;
  for (const int64_t weight : split.weights)
    whole += weight;
  const std::vector<int64_t> shares = Shared(split.total, split.weights);
  for (size_t i = 0; i < shares.size(); ++i) {
    RC_ASSERT(shares[i] >= 0);
    RC_ASSERT(split.total > whole || shares[i] <= split.weights[i]);
  }
}

RC_GTEST_PROP(ShareOutProperty, AgreesWithTheNaiveMethod, ()) {
  const Split split = AnySplit();
  RC_ASSERT(Shared(split.total, split.weights) ==
            NaiveShares(split.total, split.weights));
}

RC_GTEST_PROP(ShareOutProperty, NoShareIsAUnitAwayFromItsQuota, ()) {
  const Split split = AnySplit();
  int64_t whole = 0;
  for (const int64_t weight : split.weights)
    whole += weight;
  const std::vector<int64_t> shares = Shared(split.total, split.weights);
  for (size_t i = 0; i < shares.size(); ++i) {
    const int64_t distance = shares[i] * whole - split.total * split.weights[i];
    RC_ASSERT(whole == 0 || (distance < whole && distance > -whole));
  }
}

}  // namespace
}  // namespace pistis
