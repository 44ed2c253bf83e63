#include "server/http/fair_queue.h"

#include <limits>
#include <utility>

#include "server/limits/thread_priority.h"

namespace pistis::server {

FairQueue::FairQueue() : thread_([this] { Loop(); }) {}

FairQueue::~FairQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FairQueue::Add(const void* whose, std::function<void()> work) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    // Bounded by what all bodies may hold.
    constexpr size_t kAny = std::numeric_limits<size_t>::max();
    (void)waiting_.Push(whose, kAny, std::move(work));
  }
  changed_.notify_all();
}

std::function<void()> FairQueue::Next() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return is_ending_ || !waiting_.empty(); });
  return waiting_.empty() ? nullptr : waiting_.Pop();
}

void FairQueue::Loop() {
  GiveWay();
  while (const std::function<void()> next = Next())
    next();
}

}  // namespace pistis::server
