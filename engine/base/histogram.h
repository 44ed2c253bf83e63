// How values are spread, counted by any number of threads without a lock.
#ifndef PISTIS_ENGINE_BASE_HISTOGRAM_H_
#define PISTIS_ENGINE_BASE_HISTOGRAM_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace pistis {

// Bucket k counts the values above 2^(k-1) and up to 2^k, the first one those
// below as well, the last one those above too.
inline constexpr size_t kHistogramBuckets = 26;

// What a histogram has counted. The sum is of all values.
struct HistogramCounts {
  std::array<int64_t, kHistogramBuckets> buckets = {};
  int64_t sum = 0;
};

// Counts whole numbers of any unit; its owner says which. Adding is two atomic
// additions; a reading beside it may have one of them already.
class Histogram {
 public:
  // Anything below 0 counts as 0.
  void Add(int64_t value) {
    const uint64_t counted = std::max<int64_t>(value, 0);
    const auto bucket = static_cast<size_t>(
        counted <= 1 ? 0 : std::bit_width(counted - uint64_t{1}));
    buckets_[std::min(bucket, kHistogramBuckets - 1)].fetch_add(
        1, std::memory_order_relaxed);
    sum_.fetch_add(static_cast<int64_t>(counted), std::memory_order_relaxed);
  }

  [[nodiscard]] HistogramCounts Read() const {
    HistogramCounts counts;
    for (size_t i = 0; i < kHistogramBuckets; ++i) {
      counts.buckets[i] = buckets_[i].load(std::memory_order_relaxed);
    }
    counts.sum = sum_.load(std::memory_order_relaxed);
    return counts;
  }

 private:
  std::array<std::atomic<int64_t>, kHistogramBuckets> buckets_ = {};
  std::atomic<int64_t> sum_ = 0;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_HISTOGRAM_H_
