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
  // The rows, and the cursor.
  WriteSet writes;
};

// Folds the program's next commits, at most so many, at least one. Any thread
// that may wait for storage. NOT_FOUND where there is no such program;
// RECORD_CORRUPT where a commit, an order or a refund cannot be read.
absl::StatusOr<FoldedMargins> FoldMargins(const OperationEnv& env,
                                          const Reader& reader,
                                          const ProgramId& program,
                                          size_t max_commits);

struct PutMarginsReply {
  // False where another step was there first, and nothing was written.
  bool is_put = false;
};

// A step's writes, where the cursor is still where the step went on from.
absl::StatusOr<Decided<PutMarginsReply>> PutMargins(const Reader& reader,
                                                    const ProgramId& program,
                                                    FoldedMargins folded);

// What no step has put yet, for a reader that will not wait for it: the writes,
// seen over `reader`, bring the sums to the last commit that it shows, or
// `max_commits` further where that is less: `more` says so.
absl::StatusOr<FoldedMargins> FoldTheRest(const OperationEnv& env,
                                          const Reader& reader,
                                          const ProgramId& program,
                                          size_t max_commits);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_FOLD_MARGINS_H_
