// After EraseMember: what a member's history repeats of who the member was is
// taken out, table by table, some records at a time. A walk looks for such
// records beside the writer, for all members that were erased before it began,
// and has it clean them; it is done when it has been through all tables, and
// begins anew where the server ends before that. Nothing new comes in behind
// it: an erased member is unknown to every command.
#ifndef PISTIS_ENGINE_OPERATIONS_CLEAN_ERASED_H_
#define PISTIS_ENGINE_OPERATIONS_CLEAN_ERASED_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// Where the records are, in the order of the walk: first what others might
// still act on.
enum class ErasedTable {
  kDeferredNotes,
  kCodes,
  kReservations,
  kCases,
  kOrders,
  kRequests,
  // The end of it.
  kDone,
};

struct UncleanMembers {
  std::set<MemberId> members;
  // How many were passed over because their ErasureRecord cannot be read, which
  // VerifyLedger names.
  int64_t unreadable = 0;
};
// Members of the program whose records are still to be cleaned, but for those
// in `known`: at most `most`, by id.
absl::StatusOr<UncleanMembers> FindUnclean(const Reader& reader,
                                           const ProgramId& program,
                                           const std::set<MemberId>& known,
                                           size_t most);

struct CleanErasedInput {
  ProgramId program;
  ErasedTable table = ErasedTable::kDeferredNotes;
  // As ErasureWalk found them.
  std::vector<std::string> keys;
};

// The walk of one program. One thread.
class ErasureWalk {
 public:
  ErasureWalk(ProgramId program, std::set<MemberId> members)
      : program_(std::move(program)), members_(std::move(members)) {}

  // Looks at the next keys, at most `max_keys`; which of their records are to
  // be cleaned before the next call. The reader shows what was committed when
  // the members were found, or later.
  absl::StatusOr<CleanErasedInput> Next(const Reader& reader, size_t max_keys);

  [[nodiscard]] bool is_done() const { return table_ == ErasedTable::kDone; }
  [[nodiscard]] const ProgramId& program() const { return program_; }
  [[nodiscard]] const std::set<MemberId>& members() const { return members_; }

 private:
  ProgramId program_;
  std::set<MemberId> members_;
  ErasedTable table_ = ErasedTable::kDeferredNotes;
  // The key to go on after; empty: from the table's beginning.
  std::string after_;
};

struct CleanErasedReply {
  int64_t cleaned = 0;
};
// Cleans the records: deferred notes are held back, codes that could be used
// are made void, open reservations given back, cases closed and their words
// deleted, orders and reservations left without attributes and the member's
// facts, remembered replies replaced by NOT_FOUND: those of which it is stored
// that they are personal, and those that name the member and were stored before
// that was. What is clean already stays
// as it is; what cannot be read too, for VerifyLedger to name.
absl::StatusOr<Decided<CleanErasedReply>> CleanErased(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CleanErasedInput& input);

// Notes that nothing is left to clean of the members, but for those whose
// ErasureRecord cannot be read.
absl::StatusOr<Decided<CleanErasedReply>> FinishCleaning(
    const Reader& reader, const ProgramId& program,
    const std::set<MemberId>& members);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CLEAN_ERASED_H_
