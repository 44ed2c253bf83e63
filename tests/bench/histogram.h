// Latencies in little memory: exact to 1 in 64, at any size.
#ifndef PISTIS_TESTS_BENCH_HISTOGRAM_H_
#define PISTIS_TESTS_BENCH_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"

namespace pistis::bench {

// A log-linear histogram: 64 equal buckets inside each power of two of
// nanoseconds. Record may run on any threads at once; the readers expect that
// nothing records any more. Not copyable.
class Histogram {
 public:
  // Counts one latency; negative ones count as zero.
  void Record(absl::Duration latency);

  [[nodiscard]] int64_t count() const;
  // The largest latency recorded, exactly. Zero where there is none.
  [[nodiscard]] absl::Duration Max() const;
  // The latency that `share` (0 to 1) of all do not exceed, rounded up to the
  // bound of its bucket. Zero where there is none.
  [[nodiscard]] absl::Duration Quantile(double share) const;

 private:
  static constexpr int kSubBits = 6;
  static constexpr size_t kBuckets = (64 - kSubBits) << kSubBits;

  static size_t BucketOf(uint64_t nanoseconds);
  static uint64_t UpperBound(size_t bucket);

  std::array<std::atomic<int64_t>, kBuckets> counts_{};
  std::atomic<int64_t> max_ns_ = 0;
};

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_HISTOGRAM_H_
