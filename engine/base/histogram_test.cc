#include "engine/base/histogram.h"

#include <cstdint>
#include <limits>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace pistis {
namespace {

TEST(HistogramTest, ABucketHoldsItsOwnUpperBoundAndNothingAboveIt) {
  Histogram histogram;
  for (const int64_t value : {int64_t{4}, int64_t{3}, int64_t{5}})
    histogram.Add(value);
  const HistogramCounts counts = histogram.Read();
  EXPECT_EQ(counts.buckets[2], 2);
  EXPECT_EQ(counts.buckets[3], 1);
  EXPECT_EQ(counts.sum, 12);
}

TEST(HistogramTest, WhatLiesBeyondTheBucketsIsInTheOutermost) {
  Histogram histogram;
  histogram.Add(-7);
  histogram.Add(0);
  histogram.Add(std::numeric_limits<int64_t>::max());
  const HistogramCounts counts = histogram.Read();
  EXPECT_EQ(counts.buckets.front(), 2);
  EXPECT_EQ(counts.buckets.back(), 1);
  EXPECT_EQ(counts.sum, std::numeric_limits<int64_t>::max());
}

TEST(HistogramTest, NothingIsLostWhereManyThreadsCount) {
  constexpr int kThreads = 4;
  constexpr int kEach = 20'000;
  Histogram histogram;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&histogram] {
      for (int j = 0; j < kEach; ++j)
        histogram.Add(2);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
  const HistogramCounts counts = histogram.Read();
  EXPECT_EQ(counts.buckets[1], kThreads * kEach);
  EXPECT_EQ(counts.sum, 2 * kThreads * kEach);
}

}  // namespace
}  // namespace pistis
