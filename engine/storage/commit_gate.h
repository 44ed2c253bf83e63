// What the embedded stores share: one commit at a time, conflicts by counting
// commits, and no commit after a failed one.
#ifndef PISTIS_ENGINE_STORAGE_COMMIT_GATE_H_
#define PISTIS_ENGINE_STORAGE_COMMIT_GATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

#include "engine/storage/store.h"

namespace pistis {

// Thread-safe.
class CommitGate {
 public:
  // How many commits have passed.
  [[nodiscard]] uint64_t commits() const { return commits_.load(); }

  // Runs `write` while no other commit runs, and hands on its status; a failure
  // closes the gate for good (kFailedPrecondition with the first cause).
  // `read_at` is commits() from before the transaction's first read, if it read
  // anything: kAborted where another commit has passed since.
  [[nodiscard]] absl::Status Pass(std::optional<uint64_t> read_at,
                                  absl::FunctionRef<absl::Status()> write);

 private:
  absl::Mutex mutex_;
  // Written under mutex_, after the commit's writes are visible: a reader that
  // sees the new count sees the writes too.
  std::atomic<uint64_t> commits_ = 0;
  absl::Status first_failure_ ABSL_GUARDED_BY(mutex_);
};

// The view under a transaction: a snapshot, taken at the first read, so that a
// transaction which only writes costs none. One thread at a time.
class FirstReadSnapshot final : public Reader {
 public:
  // Both must outlive this.
  FirstReadSnapshot(const Store& store, const CommitGate& gate)
      : store_(store), gate_(gate) {}

  // For CommitGate::Pass.
  [[nodiscard]] std::optional<uint64_t> read_at() const { return read_at_; }

  [[nodiscard]] absl::StatusOr<std::optional<std::string>> Get(
      absl::string_view key) const override;
  absl::Status Scan(absl::string_view begin, absl::string_view end,
                    ScanVisitor visitor) const override;
  absl::Status ScanBackward(absl::string_view begin, absl::string_view end,
                            ScanVisitor visitor) const override;

 private:
  const Snapshot& Taken() const;

  const Store& store_;
  const CommitGate& gate_;
  mutable std::optional<uint64_t> read_at_;
  mutable std::unique_ptr<Snapshot> snapshot_;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_COMMIT_GATE_H_
