#include "engine/storage/overlay.h"

#include <functional>
#include <iterator>
#include <utility>

namespace pistis {
namespace {

using Entry = WriteSet::Writes::value_type;

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
      if (best == nullptr || Before()(lane.next->first, best->first)) {
        best = &*lane.next;
      }
    }
    return best;
  }

  // Steps past `entry`, which Peek returned, and what it hides in older sets.
  void Pass(const Entry& entry) {
    for (Lane& lane : lanes_) {
      if (lane.next != lane.end && lane.next->first == entry.first) {
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
    MergedWalk<WriteSet::Writes::const_iterator, std::less<absl::string_view>>;
using BackwardWalk = MergedWalk<WriteSet::Writes::const_reverse_iterator,
                                std::greater<absl::string_view>>;

// Weaves the keys of a base scan into a walk over the writes above it.
template <typename Walk, typename Before>
class Weaver {
 public:
  Weaver(Walk walk, ScanVisitor visitor)
      : walk_(std::move(walk)), visitor_(visitor) {}

  Visit OnBase(absl::string_view key, absl::string_view value) {
    const Entry* write = walk_.Peek();
    while (write != nullptr && Before()(write->first, key)) {
      if (Emit(*write) == Visit::kStop) return Visit::kStop;
      write = walk_.Peek();
    }
    if (write != nullptr && write->first == key) return Emit(*write);
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
    if (!write.second.has_value()) return Visit::kContinue;
    return Note(visitor_(write.first, *write.second));
  }

  Visit Note(Visit answer) {
    stopped_ = answer == Visit::kStop;
    return answer;
  }

  Walk walk_;
  ScanVisitor visitor_;
  bool stopped_ = false;
};

struct Bounds {
  WriteSet::Writes::const_iterator begin;
  WriteSet::Writes::const_iterator end;
};

Bounds BoundsOf(const WriteSet& set, absl::string_view begin,
                absl::string_view end) {
  const WriteSet::Writes& writes = set.writes();
  return {writes.lower_bound(begin),
          end.empty() ? writes.end() : writes.lower_bound(end)};
}

bool IsEmptyRange(absl::string_view begin, absl::string_view end) {
  return !end.empty() && begin >= end;
}

}  // namespace

void WriteSet::Put(absl::string_view key, absl::string_view value) {
  Write(key, std::string(value));
}

void WriteSet::Delete(absl::string_view key) {
  Write(key, std::nullopt);
}

void WriteSet::Write(absl::string_view key, std::optional<std::string> value) {
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) {
    Replace(*known->second, std::move(value));
    return;
  }
  size_bytes_ += key.size() + ValueBytes(value);
  const auto added = writes_.emplace(std::string(key), std::move(value)).first;
  by_key_.emplace(added->first, &*added);
}

void WriteSet::Replace(Writes::value_type& write,
                       std::optional<std::string> value) {
  size_bytes_ += ValueBytes(value);
  size_bytes_ -= ValueBytes(write.second);
  write.second = std::move(value);
}

void WriteSet::Merge(WriteSet&& newer) {
  while (!newer.writes_.empty()) {
    auto node = newer.writes_.extract(newer.writes_.begin());
    const auto known = by_key_.find(node.key());
    if (known != by_key_.end()) {
      Replace(*known->second, std::move(node.mapped()));
      continue;
    }
    size_bytes_ += node.key().size() + ValueBytes(node.mapped());
    const auto added = writes_.insert(std::move(node)).position;
    by_key_.emplace(added->first, &*added);
  }
  newer.Clear();
}

void WriteSet::Clear() {
  by_key_.clear();
  writes_.clear();
  size_bytes_ = 0;
}

const std::optional<std::string>* WriteSet::Find(absl::string_view key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &found->second->second;
}

void WriteSet::ApplyTo(Txn& txn) const {
  for (const auto& [key, value] : writes_) {
    if (value.has_value()) {
      txn.Put(key, *value);
    } else {
      txn.Delete(key);
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
  for (const WriteSet* set : newest_first_) {
    const Bounds bounds = BoundsOf(*set, begin, end);
    walk.Add(bounds.begin, bounds.end);
  }
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
  for (const WriteSet* set : newest_first_) {
    const Bounds bounds = BoundsOf(*set, begin, end);
    walk.Add(std::make_reverse_iterator(bounds.end),
             std::make_reverse_iterator(bounds.begin));
  }
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
