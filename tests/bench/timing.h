// How long work takes, for benchmarks that compare ratios of one run.
#ifndef PISTIS_TESTS_BENCH_TIMING_H_
#define PISTIS_TESTS_BENCH_TIMING_H_

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace pistis::bench {

// The middle one; `values` must not be empty.
[[nodiscard]] inline double Median(std::vector<double> values) {
  const auto middle =
      values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// The microseconds that each of `count` takes: work(0), work(1), ...
template <typename Work>
[[nodiscard]] double MicrosEach(size_t count, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < count; ++i)
    work(i);
  const std::chrono::duration<double, std::micro> taken =
      std::chrono::steady_clock::now() - begin;
  return taken.count() / static_cast<double>(count);
}

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_TIMING_H_
