// Writes that are not in a store yet, and reads that see them there already.
#ifndef PISTIS_ENGINE_STORAGE_OVERLAY_H_
#define PISTIS_ENGINE_STORAGE_OVERLAY_H_

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/storage/store.h"

namespace pistis {

// Puts and deletes by key; the last write to a key wins. Movable; a set that
// was moved from may be assigned to or destroyed. Not synchronised: any number
// of threads may read while none writes.
//
// Made for many short lives: a command's few writes are searched as they lie,
// and only a set as large as a batch's has an index. Nothing is kept in order;
// Sorted puts it there where order is wanted, once for each batch.
class WriteSet {
 public:
  // A key and its new value, or nothing where the key is to be deleted.
  struct Entry {
    std::string key;
    std::optional<std::string> value;
  };

  WriteSet() = default;
  WriteSet(WriteSet&&) = default;
  WriteSet& operator=(WriteSet&&) = default;

  void Put(absl::string_view key, std::string value);
  void Delete(absl::string_view key);
  // Moves the writes of `newer`, which win over these, into this set without
  // copying them. Leaves `newer` empty, to be filled again.
  void Merge(WriteSet&& newer);
  void Clear();

  // What this set does to `key`: null where it leaves it alone, else a value,
  // or nothing for a delete. Valid until the set changes.
  [[nodiscard]] const std::optional<std::string>* Find(
      absl::string_view key) const;

  // Hands all writes to `txn` in key order, the order that stores like best.
  void ApplyTo(Txn& txn) const;

  // The writes to keys in [begin, end), in key order; an empty `end` is beyond
  // all keys. Valid until the set changes. Takes a look at every write.
  [[nodiscard]] std::vector<const Entry*> Sorted(
      absl::string_view begin = {}, absl::string_view end = {}) const;

  // Each write once, in no order.
  template <typename Visitor>
  void ForEach(Visitor visit) const {
    for (const auto& entry : writes_)
      visit(*entry);
  }

  [[nodiscard]] bool empty() const { return writes_.empty(); }
  [[nodiscard]] size_t count() const { return writes_.size(); }
  // The bytes of all keys and values.
  [[nodiscard]] size_t size_bytes() const { return size_bytes_; }

 private:
  using OwnedEntry = std::unique_ptr<Entry>;

  void Write(absl::string_view key, std::optional<std::string> value);
  void Replace(Entry& entry, std::optional<std::string> value);
  void Add(OwnedEntry entry);
  [[nodiscard]] Entry* Search(absl::string_view key) const;

  std::vector<OwnedEntry> writes_;
  // The same entries by their keys, once there are more than a few.
  absl::flat_hash_map<absl::string_view, Entry*> by_key_;
  size_t size_bytes_ = 0;
};

// A reader over `base` as it will be once the given sets are written to it.
// Owns nothing: the base and the sets must outlive it. Sees a set as it is at
// the time of the call, so it may be kept while the sets grow; reads on several
// threads are safe where they are on `base` and while no set changes.
class OverlayReader final : public Reader {
 public:
  // `newest_first` holds few sets, two or three; null ones are passed over.
  OverlayReader(const Reader& base,
                std::initializer_list<const WriteSet*> newest_first);

  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override;
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override;
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override;

 private:
  const Reader& base_;
  absl::InlinedVector<const WriteSet*, 3> newest_first_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_OVERLAY_H_
