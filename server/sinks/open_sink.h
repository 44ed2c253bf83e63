// Which sink a subscription has.
#ifndef PISTIS_SERVER_SINKS_OPEN_SINK_H_
#define PISTIS_SERVER_SINKS_OPEN_SINK_H_

#include <memory>
#include <string>

#include "absl/status/status.h"

#include "pistis/v1/subscription.pb.h"

#include "engine/base/clock.h"
#include "engine/base/ids.h"
#include "server/ending.h"
#include "server/sinks/sink.h"
#include "server/sinks/target_address.h"

namespace pistis::server {

// What the server allows sinks.
struct SinkOptions {
  PrivateTargets private_targets = PrivateTargets::kRefused;
  // Where files of events go; empty: nowhere.
  std::string events_dir = {};
};

// FIELD_INVALID where this server will not serve the subscription's sink: a
// webhook whose address is written out and private, a file without a folder.
// What a name resolves to is looked at when it is connected to.
absl::Status CheckAllowed(const v1::Subscription& subscription,
                          const SinkOptions& options);

// The subscription's sink, which connects with the first event; null where it
// has none. The clock and the ending outlive it.
[[nodiscard]] std::unique_ptr<Sink> OpenSink(
    const ProgramId& program, const v1::Subscription& subscription,
    const SinkOptions& options, const Clock& clock, Ending& ending);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_OPEN_SINK_H_
