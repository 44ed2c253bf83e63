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
  if (ending_ || waiting_count_ >= max_queue_) return false;
  std::deque<Task>& own = waiting_[whose];
  if (!whose.empty() && own.size() >= most_of_one_) return false;
  if (own.empty()) turns_.push_back(whose);
  own.push_back(std::move(task));
  ++waiting_count_;
  return true;
}

ReadPool::Task ReadPool::TakeNext() {
  std::string whose = std::move(turns_.front());
  turns_.pop_front();
  const auto own = waiting_.find(whose);
  Task task = std::move(own->second.front());
  own->second.pop_front();
  --waiting_count_;
  if (own->second.empty()) {
    waiting_.erase(own);
  } else {
    turns_.push_back(std::move(whose));
  }
  return task;
}

size_t ReadPool::waiting() const {
  absl::MutexLock lock(&mutex_);
  return waiting_count_;
}

void ReadPool::Work() {
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return ending_ || waiting_count_ > 0;
  };
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&ready));
      if (waiting_count_ == 0) return;
      task = TakeNext();
    }
    task();
  }
}

}  // namespace pistis::server
