#include "engine/storage/read_cache.h"

#include <utility>

namespace pistis {

const std::string* ReadCache::Find(absl::string_view key) {
  const auto young = young_.find(key);
  if (young != young_.end()) return &young->second;
  const auto old = old_.find(key);
  if (old == old_.end()) return nullptr;
  const std::string value = std::move(old->second);
  old_.erase(old);
  Keep(key, value);
  return &young_.find(key)->second;
}

void ReadCache::Keep(absl::string_view key, const std::string& value) {
  if (young_bytes_ >= generation_bytes_) {
    old_ = std::exchange(young_, Generation());
    young_bytes_ = 0;
  }
  young_bytes_ += key.size() + value.size();
  young_.insert_or_assign(std::string(key), value);
}

void ReadCache::Forget(absl::string_view key) {
  young_.erase(key);
  old_.erase(key);
}

void ReadCache::Apply(const WriteSet& writes) {
  if (young_.empty() && old_.empty()) return;
  writes.ForEach([this](const WriteSet::Entry& write) {
    if (!write.value) {
      Forget(write.key);
      return;
    }
    const auto young = young_.find(write.key);
    if (young != young_.end()) {
      young->second = *write.value;
      return;
    }
    const auto old = old_.find(write.key);
    if (old != old_.end()) old->second = *write.value;
  });
}

absl::StatusOr<std::optional<std::string>> CachedReader::Get(
    absl::string_view key) const {
  if (const std::string* kept = cache_.Find(key)) {
    return std::optional<std::string>(*kept);
  }
  absl::StatusOr<std::optional<std::string>> value = base_.Get(key);
  if (value.ok() && value->has_value()) cache_.Keep(key, **value);
  return value;
}

}  // namespace pistis
