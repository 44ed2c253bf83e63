// An engine over a store in memory, for tests of what serves it.
#ifndef PISTIS_SERVER_TEST_ENGINE_H_
#define PISTIS_SERVER_TEST_ENGINE_H_

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "gtest/gtest.h"

#include "engine/base/clock.h"
#include "engine/operations/env.h"
#include "engine/operations/executor.h"
#include "engine/operations/open_store.h"
#include "engine/operations/rulebook_cache.h"
#include "engine/storage/backup.h"
#include "engine/storage/memory/memory_store.h"
#include "server/admin_service.h"
#include "server/auth/identities.h"
#include "server/engine_room.h"
#include "server/read_pool.h"
#include "server/simulation_stream.h"
#include "server/unread_replies.h"

namespace pistis::server {

// A source whose copies are one file.
class OneFile final : public BackupSource {
 public:
  absl::Status CopyTo(const std::string& directory) override {
    std::filesystem::create_directory(directory);
    std::ofstream(directory + "/data") << "all that is stored";
    return absl::OkStatus();
  }
};

// Its parts, in the order in which they need each other.
struct TestEngine {
  explicit TestEngine(Identity asked = Identity::kNotAsked)
      : identity(asked),
        backup_dir(testing::TempDir() + "pistis_backups_" +
                   std::to_string(getpid())) {}
  ~TestEngine() { std::filesystem::remove_all(backup_dir); }
  TestEngine(const TestEngine&) = delete;
  TestEngine& operator=(const TestEngine&) = delete;

  // Whether callers show keys.
  const Identity identity;
  MemoryStore store{{}};
  const SystemClock clock;
  RulebookCache rulebooks;
  const StoreKeys keys = *OpenFormat(store);
  const OperationEnv env{.secret = keys.secret,
                         .rulebooks = rulebooks,
                         .signing_seed = keys.signing_seed};
  const std::unique_ptr<Executor> executor = *Executor::Start(
      store, clock, {}, [](const absl::Status&) { std::abort(); });
  ReadPool reads{1, 64};
  ReadPool upkeep_pool{1, 16};
  ReadPool recount_pool{1, 16};
  ReadPool simulation_pool{1, 16};
  std::atomic<bool> stopping{false};
  const std::unique_ptr<Identities> identities =
      *Identities::Open(*store.GetSnapshot(), clock,
                        {.secret = keys.secret, .identity = identity});
  UnreadReplies replies;
  const EngineRoom room{.store = store,
                        .clock = clock,
                        .env = env,
                        .executor = *executor,
                        .reads = reads,
                        .stopping = stopping,
                        .gate = &identities->gate(),
                        .replies = &replies};
  OneFile source;
  const std::string backup_dir;
  Backups backups{room, source, backup_dir};

  [[nodiscard]] Upkeep upkeep() {
    return {.pool = upkeep_pool, .backups = backups, .recounts = recount_pool};
  }
  [[nodiscard]] SimulationRoom simulations() {
    return {.pool = simulation_pool, .folder = backup_dir};
  }
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_TEST_ENGINE_H_
