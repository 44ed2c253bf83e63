// Writes that are not in a store yet, and reads that see them there already.
#ifndef PISTIS_ENGINE_STORAGE_OVERLAY_H_
#define PISTIS_ENGINE_STORAGE_OVERLAY_H_

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/storage/store.h"

namespace pistis {

// Puts and deletes by key, in key order; the last write to a key wins. Movable;
// a set that was moved from may be assigned to or destroyed. Not synchronised:
// any number of threads may read while none writes.
class WriteSet {
 public:
  // A key's new value, or nothing where the key is to be deleted.
  using Writes = std::map<std::string, std::optional<std::string>, std::less<>>;

  WriteSet() = default;
  WriteSet(WriteSet&&) = default;
  WriteSet& operator=(WriteSet&&) = default;

  void Put(absl::string_view key, absl::string_view value);
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

  [[nodiscard]] const Writes& writes() const { return writes_; }
  [[nodiscard]] bool empty() const { return writes_.empty(); }
  [[nodiscard]] size_t count() const { return writes_.size(); }
  // The bytes of all keys and values.
  [[nodiscard]] size_t size_bytes() const { return size_bytes_; }

 private:
  void Write(absl::string_view key, std::optional<std::string> value);
  void Replace(Writes::value_type& write, std::optional<std::string> value);

  Writes writes_;
  // The same entries by hash, for Find: several times per command and set, it
  // takes an eighth of a search in the map. The map's nodes stay where they
  // are.
  absl::flat_hash_map<absl::string_view, Writes::value_type*> by_key_;
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
