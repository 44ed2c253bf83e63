// Work that is done one piece after the other, whoever brings it in turn.
#ifndef PISTIS_SERVER_HTTP_FAIR_QUEUE_H_
#define PISTIS_SERVER_HTTP_FAIR_QUEUE_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "engine/base/turn_queue.h"

namespace pistis::server {

// Does each piece on a thread of its own, which gives way (thread_priority.h).
// Of those who wait each has one done before any has the next one done, so that
// who brings much waits for it, and nobody else does. Any thread.
class FairQueue {
 public:
  FairQueue();
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;
  // Once all that was added is done.
  ~FairQueue();

  // `whose` tells one from another, and is not looked at; `work` must not
  // throw.
  void Add(const void* whose, std::function<void()> work);

 private:
  void Loop();
  // The next piece; none at the end.
  std::function<void()> Next();

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex.
  TurnQueue<std::function<void()>, const void*> waiting_;
  bool is_ending_ = false;
  std::thread thread_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_HTTP_FAIR_QUEUE_H_
