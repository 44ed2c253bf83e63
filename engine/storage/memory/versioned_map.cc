#include "engine/storage/memory/versioned_map.h"

#include <algorithm>
#include <iterator>

namespace pistis {

void VersionedMap::Apply(const WriteSet& writes) {
  const absl::MutexLock lock(&mutex_);
  ++sequence_;
  for (const WriteSet::Entry* write : writes.Sorted()) {
    keys_[write->key].push_back({.sequence = sequence_, .value = write->value});
    if (Prune(write->key)) prunable_.insert(write->key);
  }
}

uint64_t VersionedMap::Pin() {
  const absl::MutexLock lock(&mutex_);
  pins_.insert(sequence_);
  return sequence_;
}

void VersionedMap::Unpin(uint64_t sequence) {
  const absl::MutexLock lock(&mutex_);
  const bool was_oldest = *pins_.begin() == sequence;
  pins_.erase(pins_.find(sequence));
  if (!was_oldest) return;
  for (auto key = prunable_.begin(); key != prunable_.end();) {
    key = Prune(*key) ? std::next(key) : prunable_.erase(key);
  }
}

bool VersionedMap::Prune(const std::string& key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return false;
  Versions& versions = found->second;
  const uint64_t oldest_needed = pins_.empty() ? sequence_ : *pins_.begin();
  const auto first_after =
      std::find_if(versions.begin(), versions.end(),
                   [oldest_needed](const Version& version) {
                     return version.sequence > oldest_needed;
                   });
  if (first_after != versions.begin()) {
    const auto visible = std::prev(first_after);
    const bool hides_nothing = !visible->value.has_value();
    versions.erase(versions.begin(), hides_nothing ? first_after : visible);
  }
  if (versions.empty()) {
    keys_.erase(found);
    return false;
  }
  return versions.size() > 1 || !versions.back().value.has_value();
}

const std::string* VersionedMap::Visible(const Versions& versions,
                                         uint64_t sequence) {
  for (auto version = versions.rbegin(); version != versions.rend();
       ++version) {
    if (version->sequence > sequence) continue;
    return version->value.has_value() ? &*version->value : nullptr;
  }
  return nullptr;
}

std::optional<std::string> VersionedMap::Get(absl::string_view key,
                                             uint64_t sequence) const {
  const absl::ReaderMutexLock lock(&mutex_);
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  const std::string* value = Visible(found->second, sequence);
  return value == nullptr ? std::nullopt : std::make_optional(*value);
}

std::optional<VersionedMap::KeyValue> VersionedMap::First(
    absl::string_view begin, absl::string_view end, uint64_t sequence) const {
  const absl::ReaderMutexLock lock(&mutex_);
  for (auto place = keys_.lower_bound(begin); place != keys_.end(); ++place) {
    if (!end.empty() && place->first >= end) break;
    const std::string* value = Visible(place->second, sequence);
    if (value != nullptr) return KeyValue(place->first, *value);
  }
  return std::nullopt;
}

std::optional<VersionedMap::KeyValue> VersionedMap::Last(
    absl::string_view begin, absl::string_view end, uint64_t sequence) const {
  const absl::ReaderMutexLock lock(&mutex_);
  auto place = end.empty() ? keys_.end() : keys_.lower_bound(end);
  while (place != keys_.begin()) {
    --place;
    if (place->first < begin) break;
    const std::string* value = Visible(place->second, sequence);
    if (value != nullptr) return KeyValue(place->first, *value);
  }
  return std::nullopt;
}

size_t VersionedMap::version_count() const {
  const absl::ReaderMutexLock lock(&mutex_);
  size_t count = 0;
  for (const auto& [key, versions] : keys_)
    count += versions.size();
  return count;
}

}  // namespace pistis
