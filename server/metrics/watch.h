// What watches a running server, and who is told.
#ifndef PISTIS_SERVER_METRICS_WATCH_H_
#define PISTIS_SERVER_METRICS_WATCH_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "engine/base/trusted_clock.h"
#include "engine/storage/store_figures.h"
#include "server/engine_room.h"
#include "server/metrics/call_meter.h"
#include "server/metrics/engine_families.h"
#include "server/metrics/readiness.h"

namespace prometheus {
class Collectable;
class Exposer;
}  // namespace prometheus

namespace pistis::server {

// What is watched; all that it refers to outlives the watch.
struct Watched {
  const EngineRoom& room;
  const TrustedClock& clock;
  Readiness& readiness;
  const SlowLog& slow_log;
  std::vector<MeteredService*> services;
  std::vector<NamedPool> pools;
  std::function<StoreFigures()> store;
  // absl::InfinitePast(): none yet.
  std::function<absl::Time()> last_backup;
  // PEM files of certificates that the server shows or trusts.
  std::vector<std::string> certificates;
};

// Every family there is, with what it comes to now. Waits for storage.
[[nodiscard]] Families CollectAll(const Watched& watched);

// Serves /metrics on threads of its own, and lets the health service of gRPC
// answer for each service.
class Watch {
 public:
  // Without an address there are no metrics. kUnavailable where it cannot be
  // listened on. `health` outlives the watch.
  static absl::StatusOr<std::unique_ptr<Watch>> Start(
      const std::string& metrics_address, Watched watched,
      grpc::HealthCheckServiceInterface& health);

  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch();

 private:
  Watch(std::unique_ptr<prometheus::Exposer> exposer, Watched watched);

  Readiness& readiness_;
  const std::shared_ptr<prometheus::Collectable> all_;
  // Last, so that it ends first. Null without an address.
  const std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_WATCH_H_
