#include "engine/operations/simulate_scratch.h"

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

// Scans look at every write that has not reached the store.
constexpr size_t kMaxOpenWrites = 1024;

// No table of keys.h has this letter.
constexpr absl::string_view kNotes = "~";

}  // namespace

absl::Status ScratchCommits::Write(WriteSet writes) {
  open_.Merge(std::move(writes));
  if (open_.count() < kMaxOpenWrites) return absl::OkStatus();
  const std::unique_ptr<Txn> txn = store_.Begin();
  open_.ApplyTo(*txn);
  PISTIS_RETURN_IF_ERROR(txn->Commit());
  open_.Clear();
  base_ = store_.GetSnapshot();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> ScratchCommits::Note(
    absl::string_view key) const {
  return Reading().Get(absl::StrCat(kNotes, key));
}

absl::Status ScratchCommits::SetNote(absl::string_view key, std::string value) {
  WriteSet writes;
  writes.Put(absl::StrCat(kNotes, key), std::move(value));
  return Write(std::move(writes));
}

}  // namespace pistis
