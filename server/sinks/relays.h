// A relay for each subscription that has a sink.
#ifndef PISTIS_SERVER_SINKS_RELAYS_H_
#define PISTIS_SERVER_SINKS_RELAYS_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "engine/base/ids.h"
#include "engine/operations/subscriptions.h"
#include "server/ending.h"
#include "server/engine_room.h"
#include "server/sinks/open_sink.h"
#include "server/sinks/relay.h"

namespace pistis::server {

struct RelaysOptions {
  SinkOptions sinks = {};
  RelayOptions relay = {};
  // How often subscriptions are looked for that came, went or were changed.
  absl::Duration look = absl::Milliseconds(500);
  // The most relays at once, each a thread; subscriptions beyond wait.
  size_t most = 256;
};

// Runs a thread for each active subscription, so that a slow sink slows nobody
// else, and one that starts and ends them.
class Relays {
 public:
  // The room outlives the relays.
  Relays(const EngineRoom& room, RelaysOptions options);
  Relays(const Relays&) = delete;
  Relays& operator=(const Relays&) = delete;
  // Breaks off what is being delivered; it is delivered again after a start.
  ~Relays();

 private:
  struct Running {
    StoredSubscription stored;
    Ending ending = {};
    std::atomic<bool> done = false;
    std::thread thread = {};
  };
  using Name = std::pair<ProgramId, std::string>;
  using Wanted = std::map<Name, StoredSubscription>;

  void Loop();
  void Look();
  absl::StatusOr<Wanted> FindWanted();
  // Once: it is so at every look.
  void TellOfUnreadable(const ProgramId& program, const absl::Status& status);
  void EndOthersThan(const Wanted& wanted);
  void Start(const Name& name, const StoredSubscription& stored);
  void Run(const ProgramId& program, Running& running);

  const EngineRoom& room_;
  const RelaysOptions options_;
  // The loop's own.
  std::map<Name, std::unique_ptr<Running>> running_;
  int64_t seen_seq_ = -1;
  bool has_told_of_most_ = false;
  bool has_told_of_unreadable_ = false;

  Ending ending_;
  std::thread thread_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_RELAYS_H_
