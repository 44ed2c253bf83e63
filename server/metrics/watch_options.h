// What the options say about watching a server.
#ifndef PISTIS_SERVER_METRICS_WATCH_OPTIONS_H_
#define PISTIS_SERVER_METRICS_WATCH_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

#include "server/metrics/log.h"

namespace pistis::server {

struct WatchOptions {
  // Where /metrics is served; empty: nowhere. It asks for no key.
  std::string metrics_address;
  // It may be more than loopback.
  bool insecure_metrics = false;
  LogOptions log = {};
  // Calls that take so long are logged.
  absl::Duration slow_request = absl::Milliseconds(250);
  // With less free on the disk of the data nothing is changed any more.
  uint64_t min_free_disk = uint64_t{1} << 30U;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_WATCH_OPTIONS_H_
