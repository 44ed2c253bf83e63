#include "engine/storage/memory/memory_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/status_macros.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

// Steps from key to key without holding the map's lock during a visit, so that
// a visitor may read, and commits go on beside a long scan.
class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(VersionedMap& map)
      : map_(map), sequence_(map.Pin()) {}
  ~MemorySnapshot() override { map_.Unpin(sequence_); }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;

  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override {
    return map_.Get(key, sequence_);
  }

  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override {
    std::string position(begin);
    auto found = map_.First(position, end, sequence_);
    while (found.has_value()) {
      if (visitor(found->first, found->second) == Visit::kStop) break;
      // The smallest key above this one.
      position = std::move(found->first);
      position.push_back('\0');
      found = map_.First(position, end, sequence_);
    }
    return absl::OkStatus();
  }

  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override {
    std::string position(end);
    auto found = map_.Last(begin, position, sequence_);
    while (found.has_value()) {
      if (visitor(found->first, found->second) == Visit::kStop) break;
      position = std::move(found->first);
      found = map_.Last(begin, position, sequence_);
    }
    return absl::OkStatus();
  }

 private:
  VersionedMap& map_;
  const uint64_t sequence_;
};

class MemoryTxn final : public Txn {
 public:
  MemoryTxn(const Store& store, const MemoryStoreOptions& options,
            VersionedMap& map, CommitGate& gate)
      : options_(options),
        map_(map),
        gate_(gate),
        base_(store, gate),
        view_(base_, {&writes_}) {}

  absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override {
    return view_.Get(key);
  }
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override {
    return view_.Scan(begin, end, visitor);
  }
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override {
    return view_.ScanBackward(begin, end, visitor);
  }

  void Put(absl::string_view key, absl::string_view value) override {
    writes_.Put(key, std::string(value));
  }
  void Delete(absl::string_view key) override { writes_.Delete(key); }

  absl::Status Commit() override {
    if (writes_.empty()) return absl::OkStatus();
    return gate_.Pass(base_.read_at(), [this]() -> absl::Status {
      if (options_.sync) PISTIS_RETURN_IF_ERROR(options_.sync());
      map_.Apply(writes_);
      return absl::OkStatus();
    });
  }

 private:
  const MemoryStoreOptions& options_;
  VersionedMap& map_;
  CommitGate& gate_;
  WriteSet writes_;
  FirstReadSnapshot base_;
  OverlayReader view_;
};

}  // namespace

MemoryStore::MemoryStore(MemoryStoreOptions options)
    : options_(std::move(options)), map_(std::make_unique<VersionedMap>()) {}

std::unique_ptr<Snapshot> MemoryStore::GetSnapshot() const {
  return std::make_unique<MemorySnapshot>(*map_);
}

std::unique_ptr<Txn> MemoryStore::Begin() {
  return std::make_unique<MemoryTxn>(*this, options_, *map_, gate_);
}

}  // namespace pistis
