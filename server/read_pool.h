// Threads that may wait for storage, so that gRPC's need not.
#ifndef PISTIS_SERVER_READ_POOL_H_
#define PISTIS_SERVER_READ_POOL_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

#include "engine/base/turn_queue.h"

namespace pistis::server {

// A few threads with one bounded queue, in which those who wait have their
// turns: who brings much waits for it, and nobody else does. Any thread may
// call Run.
class ReadPool {
 public:
  using Task = std::function<void()>;

  ReadPool(int threads, size_t max_queue);
  ReadPool(const ReadPool&) = delete;
  ReadPool& operator=(const ReadPool&) = delete;
  // Runs what is queued, then ends.
  ~ReadPool();

  // Queues the task; false, and the task is not kept, where the queue is full.
  // `whose` tells those who bring tasks from one another: none of them takes
  // the last quarter of the queue alone. Empty: nobody's, who has a turn like
  // anybody.
  [[nodiscard]] bool Run(Task task, const std::string& whose = "");

  // Tasks that no thread has begun yet.
  [[nodiscard]] size_t waiting() const;

 private:
  void Work();

  const size_t max_queue_;
  const size_t most_of_one_ = max_queue_ - max_queue_ / 4;
  mutable absl::Mutex mutex_;
  TurnQueue<Task> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_READ_POOL_H_
