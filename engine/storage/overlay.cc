#include "engine/storage/overlay.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/types/span.h"

namespace pistis {
namespace {

using Entry = WriteSet::Entry;
using Entries = std::vector<const Entry*>;

// A set of more writes than this has an index.
constexpr size_t kSearchedAsTheyLie = 12;

size_t ValueBytes(const std::optional<std::string>& value) {
  return value.has_value() ? value->size() : 0;
}

// Walks the writes of several sets as one. `Before` is the order of the walk.
template <typename Iterator, typename Before>
class MergedWalk {
 public:
  // Sets are added newest first: the first wins where keys are equal.
  void Add(Iterator next, Iterator end) { lanes_.push_back({next, end}); }

  // The next write, or null at the end.
  [[nodiscard]] const Entry* Peek() const {
    const Entry* best = nullptr;
    for (const Lane& lane : lanes_) {
      if (lane.next == lane.end) continue;
      if (best == nullptr || Before()((*lane.next)->key, best->key)) {
        best = *lane.next;
      }
    }
    return best;
  }

  // Steps past `entry`, which Peek returned, and what it hides in older sets.
  void Pass(const Entry& entry) {
    for (Lane& lane : lanes_) {
      if (lane.next != lane.end && (*lane.next)->key == entry.key) {
        ++lane.next;
      }
    }
  }

 private:
  struct Lane {
    Iterator next;
    Iterator end;
  };
  absl::InlinedVector<Lane, 3> lanes_;
};

using ForwardWalk =
    MergedWalk<Entries::const_iterator, std::less<absl::string_view>>;
using BackwardWalk = MergedWalk<Entries::const_reverse_iterator,
                                std::greater<absl::string_view>>;

// Weaves the keys of a base scan into a walk over the writes above it.
template <typename Walk, typename Before>
class Weaver {
 public:
  Weaver(Walk walk, ScanVisitor visitor)
      : walk_(std::move(walk)), visitor_(visitor) {}

  Visit OnBase(absl::string_view key, absl::string_view value) {
    const Entry* write = walk_.Peek();
    while (write != nullptr && Before()(write->key, key)) {
      if (Emit(*write) == Visit::kStop) return Visit::kStop;
      write = walk_.Peek();
    }
    if (write != nullptr && write->key == key) return Emit(*write);
    return Note(visitor_(key, value));
  }

  // After the base's last key.
  void Finish() {
    const Entry* write = walk_.Peek();
    while (!stopped_ && write != nullptr) {
      Emit(*write);
      write = walk_.Peek();
    }
  }

 private:
  Visit Emit(const Entry& write) {
    walk_.Pass(write);
    if (!write.value.has_value()) return Visit::kContinue;
    return Note(visitor_(write.key, *write.value));
  }

  Visit Note(Visit answer) {
    stopped_ = answer == Visit::kStop;
    return answer;
  }

  Walk walk_;
  ScanVisitor visitor_;
  bool stopped_ = false;
};

// The writes of each set to a range, newest set first.
absl::InlinedVector<Entries, 3> WritesTo(
    absl::Span<const WriteSet* const> newest_first, absl::string_view begin,
    absl::string_view end) {
  absl::InlinedVector<Entries, 3> writes;
  for (const WriteSet* set : newest_first)
    writes.push_back(set->Sorted(begin, end));
  return writes;
}

bool IsEmptyRange(absl::string_view begin, absl::string_view end) {
  return !end.empty() && begin >= end;
}

}  // namespace

void WriteSet::Put(absl::string_view key, std::string value) {
  Write(key, std::move(value));
}

void WriteSet::Delete(absl::string_view key) {
  Write(key, std::nullopt);
}

WriteSet::Entry* WriteSet::Search(absl::string_view key) const {
  if (!by_key_.empty()) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : found->second;
  }
  for (const OwnedEntry& entry : writes_) {
    if (entry->key == key) return entry.get();
  }
  return nullptr;
}

void WriteSet::Write(absl::string_view key, std::optional<std::string> value) {
  if (Entry* known = Search(key)) {
    Replace(*known, std::move(value));
    return;
  }
  Add(OwnedEntry(new Entry{std::string(key), std::move(value)}));
}

void WriteSet::Add(OwnedEntry entry) {
  size_bytes_ += entry->key.size() + ValueBytes(entry->value);
  if (!by_key_.empty()) by_key_.emplace(entry->key, entry.get());
  writes_.push_back(std::move(entry));
  if (by_key_.empty() && writes_.size() > kSearchedAsTheyLie) {
    for (const OwnedEntry& known : writes_)
      by_key_.emplace(known->key, known.get());
  }
}

void WriteSet::Replace(Entry& entry, std::optional<std::string> value) {
  size_bytes_ += ValueBytes(value);
  size_bytes_ -= ValueBytes(entry.value);
  entry.value = std::move(value);
}

void WriteSet::Merge(WriteSet&& newer) {
  for (OwnedEntry& entry : newer.writes_) {
    if (Entry* known = Search(entry->key)) {
      Replace(*known, std::move(entry->value));
    } else {
      Add(std::move(entry));
    }
  }
  newer.Clear();
}

void WriteSet::Clear() {
  by_key_.clear();
  writes_.clear();
  size_bytes_ = 0;
}

const std::optional<std::string>* WriteSet::Find(absl::string_view key) const {
  const Entry* found = Search(key);
  return found == nullptr ? nullptr : &found->value;
}

std::vector<const WriteSet::Entry*> WriteSet::Sorted(
    absl::string_view begin, absl::string_view end) const {
  std::vector<const Entry*> sorted;
  for (const OwnedEntry& entry : writes_) {
    if (entry->key >= begin && (end.empty() || entry->key < end)) {
      sorted.push_back(entry.get());
    }
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Entry* a, const Entry* b) { return a->key < b->key; });
  return sorted;
}

void WriteSet::ApplyTo(Txn& txn) const {
  for (const Entry* entry : Sorted()) {
    if (entry->value.has_value()) {
      txn.Put(entry->key, *entry->value);
    } else {
      txn.Delete(entry->key);
    }
  }
}

OverlayReader::OverlayReader(
    const Reader& base, std::initializer_list<const WriteSet*> newest_first)
    : base_(base) {
  for (const WriteSet* set : newest_first) {
    if (set != nullptr) newest_first_.push_back(set);
  }
}

absl::StatusOr<std::optional<std::string>> OverlayReader::Get(
    absl::string_view key) const {
  for (const WriteSet* set : newest_first_) {
    const std::optional<std::string>* write = set->Find(key);
    if (write != nullptr) return *write;
  }
  return base_.Get(key);
}

absl::Status OverlayReader::Scan(absl::string_view begin, absl::string_view end,
                                 ScanVisitor visitor) const {
  if (IsEmptyRange(begin, end)) return absl::OkStatus();
  ForwardWalk walk;
  const auto writes = WritesTo(newest_first_, begin, end);
  for (const Entries& of_set : writes)
    walk.Add(of_set.begin(), of_set.end());
  Weaver<ForwardWalk, std::less<absl::string_view>> weaver(std::move(walk),
                                                           visitor);
  absl::Status scanned = base_.Scan(
      begin, end, [&weaver](absl::string_view key, absl::string_view value) {
        return weaver.OnBase(key, value);
      });
  if (scanned.ok()) weaver.Finish();
  return scanned;
}

absl::Status OverlayReader::ScanBackward(absl::string_view begin,
                                         absl::string_view end,
                                         ScanVisitor visitor) const {
  if (IsEmptyRange(begin, end)) return absl::OkStatus();
  BackwardWalk walk;
  const auto writes = WritesTo(newest_first_, begin, end);
  for (const Entries& of_set : writes)
    walk.Add(of_set.rbegin(), of_set.rend());
  Weaver<BackwardWalk, std::greater<absl::string_view>> weaver(std::move(walk),
                                                               visitor);
  absl::Status scanned = base_.ScanBackward(
      begin, end, [&weaver](absl::string_view key, absl::string_view value) {
        return weaver.OnBase(key, value);
      });
  if (scanned.ok()) weaver.Finish();
  return scanned;
}

}  // namespace pistis
