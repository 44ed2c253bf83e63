// Threads that may wait for storage, so that gRPC's need not.
#ifndef PISTIS_SERVER_READ_POOL_H_
#define PISTIS_SERVER_READ_POOL_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace pistis::server {

// A few threads with one bounded queue. Any thread may call Run.
class ReadPool {
 public:
  using Task = std::function<void()>;

  ReadPool(int threads, size_t max_queue);
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;
  // Runs what is queued, then ends.
  ~ReadPool();

  // Queues the task; false, and the task is not kept, where the queue is full.
  [[nodiscard]] bool Run(Task task);

  // Tasks that no thread has begun yet.
  [[nodiscard]] size_t waiting() const;

 private:
  void Work();

  const size_t max_queue_;
  mutable absl::Mutex mutex_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_READ_POOL_H_
