// An ordered map that remembers what it held when a snapshot was taken.
#ifndef PISTIS_ENGINE_STORAGE_MEMORY_VERSIONED_MAP_H_
#define PISTIS_ENGINE_STORAGE_MEMORY_VERSIONED_MAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

#include "engine/storage/overlay.h"

namespace pistis {

// Thread-safe. Versions that no pinned sequence can see are dropped at once.
class VersionedMap {
 public:
  using KeyValue = std::pair<std::string, std::string>;

  // Makes all of `writes` visible at once, at a new sequence.
  void Apply(const WriteSet& writes);

  // The newest sequence; readable until Unpin is called with it, once per Pin.
  [[nodiscard]] uint64_t Pin();
  void Unpin(uint64_t sequence);

  // What was there at `sequence`, which must be pinned.
  [[nodiscard]] std::optional<std::string> Get(absl::string_view key,
                                               uint64_t sequence) const;
  // The first pair in [begin, end); an empty `end` is beyond all keys.
  [[nodiscard]] std::optional<KeyValue> First(absl::string_view begin,
                                              absl::string_view end,
                                              uint64_t sequence) const;
  // The last pair in [begin, end).
  [[nodiscard]] std::optional<KeyValue> Last(absl::string_view begin,
                                             absl::string_view end,
                                             uint64_t sequence) const;

  // All versions of all keys, deletes among them: what pruning leaves.
  [[nodiscard]] size_t version_count() const;

 private:
  struct Version {
    uint64_t sequence = 0;
    // Nothing where the key was deleted.
    std::optional<std::string> value;
  };
  // Oldest first, never empty.
  using Versions = std::vector<Version>;

  static const std::string* Visible(const Versions& versions,
                                    uint64_t sequence);
  // Drops what nobody can see; true where more can go once snapshots do.
  bool Prune(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  uint64_t sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::btree_map<std::string, Versions> keys_ ABSL_GUARDED_BY(mutex_);
  std::multiset<uint64_t> pins_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> prunable_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_MEMORY_VERSIONED_MAP_H_
