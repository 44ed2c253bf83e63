// Compiled rulebooks by version.
#ifndef PISTIS_ENGINE_OPERATIONS_RULEBOOK_CACHE_H_
#define PISTIS_ENGINE_OPERATIONS_RULEBOOK_CACHE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

#include "engine/base/ids.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/store.h"

namespace pistis {

// Compiles a stored version the first time it is asked for. A version never
// changes, so what is cached is never stale. Any thread.
class RulebookCache {
 public:
  // Some ten thousand rules take a hundred megabytes.
  static constexpr size_t kMaxWeight = 50'000;

  // At most this many versions, of so many rules and codes in all (twenty
  // articles of lists weigh as one), are kept; beyond that the cache starts
  // anew.
  explicit RulebookCache(size_t max_versions = 256,
                         size_t max_weight = kMaxWeight)
      : max_versions_(max_versions), max_weight_(max_weight) {}

  // RECORD_CORRUPT where the version is missing or does not compile.
  absl::StatusOr<std::shared_ptr<const Rulebook>> Get(const Reader& reader,
                                                      const ProgramId& program,
                                                      int64_t version);

  // Adds a version that was just compiled, so that the first sale under it need
  // not.
  void Add(const ProgramId& program, std::shared_ptr<const Rulebook> rulebook);

 private:
  using Key = std::pair<std::string, int64_t>;

  const size_t max_versions_;
  const size_t max_weight_;
  absl::Mutex mutex_;
  size_t weight_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Key, std::shared_ptr<const Rulebook>> versions_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RULEBOOK_CACHE_H_
