#include "server/http/fair_queue.h"

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
    Waiting& waiting = waiting_[whose];
    if (waiting.empty()) turns_.push_back(whose);
    waiting.push_back(std::move(work));
  }
  changed_.notify_all();
}

std::function<void()> FairQueue::Next() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return is_ending_ || !turns_.empty(); });
  if (turns_.empty()) return nullptr;
  const void* const whose = turns_.front();
  turns_.pop_front();
  const auto found = waiting_.find(whose);
  std::function<void()> next = std::move(found->second.front());
  found->second.pop_front();
  if (found->second.empty()) {
    waiting_.erase(found);
  } else {
    turns_.push_back(whose);
  }
  return next;
}

void FairQueue::Loop() {
  GiveWay();
  while (const std::function<void()> next = Next())
    next();
}

}  // namespace pistis::server
