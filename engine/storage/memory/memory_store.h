// A Store in memory, for tests and for trying things out: the whole contract
// but for surviving the process.
#ifndef PISTIS_ENGINE_STORAGE_MEMORY_MEMORY_STORE_H_
#define PISTIS_ENGINE_STORAGE_MEMORY_MEMORY_STORE_H_

#include <cstddef>
#include <functional>
#include <memory>

#include "absl/status/status.h"

#include "engine/storage/commit_gate.h"
#include "engine/storage/memory/versioned_map.h"
#include "engine/storage/store.h"

namespace pistis {

struct MemoryStoreOptions {
  // Stands in for the sync of a commit: called for every commit with writes, on
  // its thread, one at a time, before anything becomes visible. It may block (a
  // slow disk; reads go on) or fail (the commit then fails with its status and
  // nothing is written). Empty: a sync that costs nothing.
  std::function<absl::Status()> sync;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(MemoryStoreOptions options = {});

  [[nodiscard]] std::unique_ptr<Snapshot> GetSnapshot() const override;
  [[nodiscard]] std::unique_ptr<Txn> Begin() override;

  // How many versions of values are kept, over all keys.
  [[nodiscard]] size_t version_count() const { return map_->version_count(); }

 private:
  const MemoryStoreOptions options_;
  // Apart, because a snapshot of a const store pins its versions.
  const std::unique_ptr<VersionedMap> map_;
  CommitGate gate_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_MEMORY_MEMORY_STORE_H_
