// Whether the server can take work, and what keeps it from running into a full
// disk.
#ifndef PISTIS_SERVER_METRICS_READINESS_H_
#define PISTIS_SERVER_METRICS_READINESS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"

#include "server/ending.h"
#include "server/engine_room.h"

namespace pistis::server {

// The bytes that a process without privileges may still write to the file
// system of `path`. kUnavailable where the system does not tell.
absl::StatusOr<int64_t> FreeBytes(const std::string& path);

struct ReadinessOptions {
  // Asked on the thread of Readiness alone.
  std::function<absl::StatusOr<int64_t>()> free_bytes;
  // Whether writes of the store have to wait now.
  std::function<bool()> is_stalled;
  // With less free the executor takes no more commands, so that the store never
  // fails; with a tenth more it does again. 0: whatever is free.
  int64_t min_free_bytes = 0;
  absl::Duration interval = absl::Seconds(1);
};

// Looks at the server every interval, on a thread of its own. Not ready is a
// server that stops, whose disk is nearly full, or whose store has made writes
// wait for three looks in a row. Reads go on in any case.
class Readiness {
 public:
  // The room outlives it. The first look is taken here.
  Readiness(const EngineRoom& room, ReadinessOptions options);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();

  // Any thread; at once.
  [[nodiscard]] bool IsReady() const;
  // As of the last look; -1 where the system does not tell.
  [[nodiscard]] int64_t free_bytes() const { return free_bytes_; }
  [[nodiscard]] int64_t min_free_bytes() const {
    return options_.min_free_bytes;
  }

  // From here on, until TellNobody, `health` answers for each of `services` and
  // for the server as a whole whether it is ready.
  void Tell(grpc::HealthCheckServiceInterface& health,
            std::vector<std::string> services);
  void TellNobody();

 private:
  void Look();
  void LookAtDisk();
  void LookAtStore();
  void TellHealth();

  const EngineRoom& room_;
  const ReadinessOptions options_;
  std::atomic<int64_t> free_bytes_ = -1;
  std::atomic<bool> is_full_ = false;
  std::atomic<int> stalled_looks_ = 0;
  bool was_ready_ = true;
  absl::Mutex mutex_;
  grpc::HealthCheckServiceInterface* health_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::vector<std::string> services_ ABSL_GUARDED_BY(mutex_);
  Ending ending_;
  std::thread thread_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_READINESS_H_
