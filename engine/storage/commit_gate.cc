#include "engine/storage/commit_gate.h"

#include "absl/strings/str_cat.h"

namespace pistis {

absl::Status CommitGate::Pass(std::optional<uint64_t> read_at,
                              absl::FunctionRef<absl::Status()> write) {
  const absl::MutexLock lock(&mutex_);
  if (!first_failure_.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store writes no more, because a write failed: ",
                     first_failure_.ToString()));
  }
  if (read_at.has_value() && *read_at != commits_.load()) {
    return absl::AbortedError(
        "another transaction committed after this one's first read");
  }
  first_failure_ = write();
  if (first_failure_.ok()) commits_.fetch_add(1);
  return first_failure_;
}

const Snapshot& FirstReadSnapshot::Taken() const {
  if (snapshot_ == nullptr) {
    // The count first: a commit in between then aborts this transaction
    // needlessly, where the other order would let a conflict pass.
    read_at_ = gate_.commits();
    snapshot_ = store_.GetSnapshot();
  }
  return *snapshot_;
}

absl::StatusOr<std::optional<std::string>> FirstReadSnapshot::Get(
    absl::string_view key) const {
  return Taken().Get(key);
}

absl::Status FirstReadSnapshot::Scan(absl::string_view begin,
                                     absl::string_view end,
                                     ScanVisitor visitor) const {
  return Taken().Scan(begin, end, visitor);
}

absl::Status FirstReadSnapshot::ScanBackward(absl::string_view begin,
                                             absl::string_view end,
                                             ScanVisitor visitor) const {
  return Taken().ScanBackward(begin, end, visitor);
}

}  // namespace pistis
