// The stage of a recount that walks the chain.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_COMMITS_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_COMMITS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// Every commit in order: its events can be read and are numbered, its entries
// are there, and its link follows from them and the link before; then the head
// in `totals`, the last commit of the store, and the checkpoints. Counts
// commits, and tells the tally what commits hold. Where a link is broken the
// next ones are held against what is stored, so that one change is one finding.
absl::Status VerifyCommits(
    Recount& recount, const store::v1::TotalsRecord& totals,
    absl::Span<const v1::LedgerCheckpoint* const> checkpoints);

// An entry that a commit names, and its record.
struct CommittedEntry {
  std::string member;
  int64_t number = 0;
  store::v1::EntryRecord record;
};

// A commit with what it holds. What cannot be read or is not there is left out:
// VerifyCommits finds it.
struct CommitView {
  bool is_there = false;
  std::vector<v1::Event> events;
  std::vector<CommittedEntry> entries;
};
absl::StatusOr<CommitView> ViewCommit(const Recount& recount,
                                      int64_t commit_seq);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_COMMITS_H_
