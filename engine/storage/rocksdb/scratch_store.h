// A store for a while, in a folder that goes with it.
#ifndef PISTIS_ENGINE_STORAGE_ROCKSDB_SCRATCH_STORE_H_
#define PISTIS_ENGINE_STORAGE_ROCKSDB_SCRATCH_STORE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/storage/rocksdb/rocksdb_store.h"

namespace pistis {

// Holds its folder's lock and, at the end, removes it with all that is in it.
// Nothing in it outlives the process, so commits cost no sync. Its memory is
// bounded at some 100 MiB, whatever it holds.
class ScratchStore {
 public:
  // A new, empty store in a folder of its own within `parent`, which is made
  // where it does not exist. Statuses as RocksDbStore::Open.
  static absl::StatusOr<std::unique_ptr<ScratchStore>> Make(
      const std::string& parent);

  ~ScratchStore();
  ScratchStore(const ScratchStore&) = delete;
  ScratchStore& operator=(const ScratchStore&) = delete;

  [[nodiscard]] Store& store() { return *store_; }

 private:
  explicit ScratchStore(std::string folder) : folder_(std::move(folder)) {}

  const std::string folder_;
  int lock_ = -1;
  std::unique_ptr<RocksDbStore> store_;
};

// Removes the folders of scratch stores within `parent` that no living process
// holds: what a crash left behind. Nothing else is touched. kUnavailable where
// the operating system does not let it.
absl::Status RemoveScratchLeftovers(const std::string& parent);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_ROCKSDB_SCRATCH_STORE_H_
