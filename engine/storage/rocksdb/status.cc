#include "engine/storage/rocksdb/status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

// A write that waited for room in memory when a table could not be written: of
// that failure RocksDB passes on the text alone.
absl::StatusCode CodeOfFailureIn(absl::string_view text) {
  if (absl::StrContains(text, "No space left on device")) {
    return absl::StatusCode::kResourceExhausted;
  }
  if (absl::StrContains(text, "Corruption: ")) {
    return absl::StatusCode::kDataLoss;
  }
  return absl::StatusCode::kUnavailable;
}

absl::StatusCode CodeOf(const rocksdb::Status& status) {
  if (status.ok()) return absl::StatusCode::kOk;
  if (status.IsIncomplete()) return CodeOfFailureIn(status.ToString());
  if (status.IsCorruption()) return absl::StatusCode::kDataLoss;
  if (status.IsNoSpace() || status.IsMemoryLimit()) {
    return absl::StatusCode::kResourceExhausted;
  }
  const bool may_pass = status.IsIOError() || status.IsBusy() ||
                        status.IsTimedOut() || status.IsTryAgain() ||
                        status.IsShutdownInProgress();
  return may_pass ? absl::StatusCode::kUnavailable
                  : absl::StatusCode::kInternal;
}

// RocksDB has no code for a lock that somebody else holds, only these texts:
// the first for another process, the second for this one.
bool IsLockHeld(const std::string& text) {
  return absl::StrContains(text, "While lock file") ||
         absl::StrContains(text, "lock hold by current process");
}

}  // namespace

absl::Status FromRocksDb(const rocksdb::Status& status,
                         absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(CodeOf(status),
                      absl::StrCat(doing, ": ", status.ToString()));
}

absl::Status FromRocksDbOpen(const rocksdb::Status& status,
                             absl::string_view path) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsIOError() && IsLockHeld(status.ToString())) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the data directory ", path,
        " is in use by another server; only one may have it open (",
        status.ToString(), ")"));
  }
  return FromRocksDb(status, absl::StrCat("open ", path));
}

}  // namespace pistis
