// Values read lately, kept in memory beside a store that one writer changes.
#ifndef PISTIS_ENGINE_STORAGE_READ_CACHE_H_
#define PISTIS_ENGINE_STORAGE_READ_CACHE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// Keeps what was read, as long as it is asked for again: an account that buys
// every week costs a search in the database once. Bounded: of two generations
// the elder is dropped when the younger is full, and what is asked for moves to
// the younger.
//
// Right as long as whoever keeps it hands it every write to the store that
// readers over it will see (Apply). One thread.
class ReadCache {
 public:
  // At most twice `generation_bytes` of keys and values.
  explicit ReadCache(size_t generation_bytes)
      : generation_bytes_(generation_bytes) {}

  // The value kept under `key`, or null. Valid until the next call.
  [[nodiscard]] const std::string* Find(absl::string_view key);
  void Keep(absl::string_view key, const std::string& value);
  // Brings what is kept up to date.
  void Apply(const WriteSet& writes);

  [[nodiscard]] size_t count() const { return young_.size() + old_.size(); }

 private:
  using Generation = absl::flat_hash_map<std::string, std::string>;

  void Forget(absl::string_view key);

  const size_t generation_bytes_;
  Generation young_;
  Generation old_;
  size_t young_bytes_ = 0;
};

// A reader over `base` that asks `cache` first. Owns neither. Scans go to the
// base. One thread, that of the cache.
class CachedReader final : public Reader {
 public:
  CachedReader(const Reader& base, ReadCache& cache)
      : base_(base), cache_(cache) {}

  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override;
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override {
    return base_.Scan(begin, end, visitor);
  }
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override {
    return base_.ScanBackward(begin, end, visitor);
  }

 private:
  const Reader& base_;
  ReadCache& cache_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_READ_CACHE_H_
