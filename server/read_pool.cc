#include "server/read_pool.h"

#include <utility>

namespace pistis::server {

ReadPool::ReadPool(int threads, size_t max_queue) : max_queue_(max_queue) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

ReadPool::~ReadPool() {
  {
    absl::MutexLock lock(&mutex_);
    ending_ = true;
  }
  for (std::thread& thread : threads_)
    thread.join();
}

bool ReadPool::Run(Task task, const std::string& whose) {
  absl::MutexLock lock(&mutex_);
  if (ending_ || waiting_.size() >= max_queue_) return false;
  return waiting_.Push(whose, whose.empty() ? max_queue_ : most_of_one_,
                       std::move(task));
}

size_t ReadPool::waiting() const {
  absl::MutexLock lock(&mutex_);
  return waiting_.size();
}

void ReadPool::Work() {
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ending_ || !waiting_.empty();
  };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&ready));
      if (waiting_.empty()) return;
      task = waiting_.Pop();
    }
    task();
  }
}

}  // namespace pistis::server
