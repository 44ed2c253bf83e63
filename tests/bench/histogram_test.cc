#include "tests/bench/histogram.h"

#include "gtest/gtest.h"

namespace pistis::bench {
namespace {

// From `exact` up to a sixty-fourth above it.
bool IsNear(absl::Duration found, absl::Duration exact) {
  return exact <= found && found <= exact * (1 + 1.0 / 64);
}

TEST(HistogramTest, QuantilesAreExactToOneInSixtyFour) {
  Histogram histogram;
  for (int micros = 1; micros <= 100'000; ++micros) {
    histogram.Record(absl::Microseconds(micros));
  }
  EXPECT_EQ(histogram.count(), 100'000);
  EXPECT_EQ(histogram.Max(), absl::Microseconds(100'000));
  EXPECT_TRUE(IsNear(histogram.Quantile(0.5), absl::Microseconds(50'000)));
  EXPECT_TRUE(IsNear(histogram.Quantile(0.99), absl::Microseconds(99'000)));
}

TEST(HistogramTest, SmallAndHugeLatenciesHaveTheirOwnBuckets) {
  Histogram histogram;
  histogram.Record(absl::Nanoseconds(-5));
  histogram.Record(absl::Nanoseconds(127));
  histogram.Record(absl::Hours(1000));
  EXPECT_EQ(histogram.Quantile(0.1), absl::ZeroDuration());
  EXPECT_EQ(histogram.Quantile(0.5), absl::Nanoseconds(127));
  EXPECT_EQ(histogram.Quantile(1), absl::Hours(1000));
}

TEST(HistogramTest, AnEmptyOneSaysZero) {
  const Histogram histogram;
  EXPECT_EQ(histogram.Quantile(0.99), absl::ZeroDuration());
  EXPECT_EQ(histogram.Max(), absl::ZeroDuration());
}

}  // namespace
}  // namespace pistis::bench
