// The use case FoldMargins: the sums of margin reports follow the commits.
//
// The sums are rows by day (margin_rows.h), and a cursor says which commit they
// have come to. A step reads the commits behind it beside the writer, adds what
// their sales and refunds change to copies of the rows, and has the writer put
// those rows and the new cursor in one write, or nothing where the cursor has
// moved meanwhile. So no commit waits for a report, none is counted twice, and
// a crash leaves rows and cursor as they were before a step or after it.
#ifndef PISTIS_ENGINE_OPERATIONS_FOLD_MARGINS_H_
#define PISTIS_ENGINE_OPERATIONS_FOLD_MARGINS_H_

#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/status/statusor.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// What a step changes.
struct FoldedMargins {
  // The cursor that it goes on from, and the one it comes to; the same where
  // there was nothing to do.
  int64_t from_commit = 0;
  int64_t to_commit = 0;
  // True where there are more commits.
  bool more = false;
  // As FoldBounds::max_bytes counts them.
  size_t bytes = 0;
  // The rows, and the cursor.
  WriteSet writes;
};

// How far a fold goes on; at least one commit.
struct FoldBounds {
  size_t max_commits = 0;
  // What orders and their quotes take up, which is what the work grows with: a
  // megabyte takes some fiftieth of a second.
  size_t max_bytes = std::numeric_limits<size_t>::max();
};

// Folds the program's next commits. Any thread that may wait for storage.
// NOT_FOUND where there is no such program; RECORD_CORRUPT where a commit, an
// order or a refund cannot be read.
absl::StatusOr<FoldedMargins> FoldMargins(const OperationEnv& env,
                                          const Reader& reader,
                                          const ProgramId& program,
                                          const FoldBounds& bounds);

struct PutMarginsReply {
  // False where another step was there first, and nothing was written.
  bool is_put = false;
};

// A step's writes, where the cursor is still where the step went on from.
absl::StatusOr<Decided<PutMarginsReply>> PutMargins(const Reader& reader,
                                                    const ProgramId& program,
                                                    FoldedMargins folded);

// What no step has put yet, for a reader that will not wait for it: the writes,
// seen over `reader`, bring the sums to the last commit that it shows, or as
// far as the bounds allow where that is less: `more` says so. Where there are
// more commits than that it does no work at all.
absl::StatusOr<FoldedMargins> FoldTheRest(const OperationEnv& env,
                                          const Reader& reader,
                                          const ProgramId& program,
                                          const FoldBounds& bounds);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_FOLD_MARGINS_H_
