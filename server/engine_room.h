// What every service works with.
#ifndef PISTIS_SERVER_ENGINE_ROOM_H_
#define PISTIS_SERVER_ENGINE_ROOM_H_

#include <atomic>

#include "engine/base/clock.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "engine/storage/store.h"
#include "server/read_pool.h"

namespace pistis::server {

class Gate;
class UnreadReplies;

// The parts of a running engine. Refers to them all; they outlive the services.
struct EngineRoom {
  Store& store;
  const Clock& clock;
  const OperationEnv& env;
  Executor& executor;
  ReadPool& reads;
  // True once the server is to stop: streams end then.
  const std::atomic<bool>& stopping;
  // Who may call what; null where nobody calls.
  const Gate* gate = nullptr;
  // What callers have not read; null where nobody calls, or counts.
  UnreadReplies* replies = nullptr;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_ENGINE_ROOM_H_
