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

bool ReadPool::Run(Task task) {
  absl::MutexLock lock(&mutex_);
  if (ending_ || queue_.size() >= max_queue_) return false;
  queue_.push_back(std::move(task));
  return true;
}

size_t ReadPool::waiting() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

void ReadPool::Work() {
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ending_ || !queue_.empty();
  };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&ready));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace pistis::server
