#include "tests/crash/findings.h"

#include <atomic>
#include <thread>

namespace pistis::crash {

void InParallel(size_t count, absl::FunctionRef<void(size_t, int)> work) {
  std::atomic<size_t> next = 0;
  std::vector<std::thread> threads;
  threads.reserve(kWorkers);
  for (int worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&next, count, work, worker] {
      for (size_t i = next++; i < count; i = next++)
        work(i, worker);
    });
  }
  for (std::thread& thread : threads)
    thread.join();
}

}  // namespace pistis::crash
