#include "tests/bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace pistis::bench {

size_t Histogram::BucketOf(uint64_t nanoseconds) {
  const auto width = static_cast<int>(std::bit_width(nanoseconds));
  if (width <= kSubBits + 1) return nanoseconds;
  const int shift = width - kSubBits - 1;
  return (static_cast<size_t>(shift) << kSubBits) + (nanoseconds >> shift);
}

uint64_t Histogram::UpperBound(size_t bucket) {
  if (bucket < (size_t{2} << kSubBits)) return bucket;
  const size_t shift = (bucket >> kSubBits) - 1;
  const uint64_t top = bucket - (shift << kSubBits);
  return ((top + 1) << shift) - 1;
}

void Histogram::Record(absl::Duration latency) {
  const int64_t ns = std::max<int64_t>(0, absl::ToInt64Nanoseconds(latency));
  counts_[BucketOf(ns)].fetch_add(1, std::memory_order_relaxed);
  int64_t seen = max_ns_.load(std::memory_order_relaxed);
  while (seen < ns &&
         !max_ns_.compare_exchange_weak(seen, ns, std::memory_order_relaxed)) {
  }
}

int64_t Histogram::count() const {
  int64_t sum = 0;
  for (const auto& count : counts_)
    sum += count.load();
  return sum;
}

absl::Duration Histogram::Max() const {
  return absl::Nanoseconds(max_ns_.load());
}

absl::Duration Histogram::Quantile(double share) const {
  const auto wanted =
      static_cast<int64_t>(std::ceil(share * static_cast<double>(count())));
  int64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket].load();
    if (seen > 0 && seen >= wanted) {
      const auto bound = static_cast<int64_t>(UpperBound(bucket));
      return absl::Nanoseconds(std::min(bound, max_ns_.load()));
    }
  }
  return absl::ZeroDuration();
}

}  // namespace pistis::bench
