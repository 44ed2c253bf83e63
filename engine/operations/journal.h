// All that one commit changes: writes, the program's sums, events.
#ifndef PISTIS_ENGINE_OPERATIONS_JOURNAL_H_
#define PISTIS_ENGINE_OPERATIONS_JOURNAL_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// Collects the changes of one commit in one program. What leaves Take is
// written together or not at all.
class Journal {
 public:
  // Goes on from sums that were loaded already.
  Journal(const ProgramId& program, const CommitContext& context,
          store::v1::TotalsRecord totals)
      : program_(program), context_(context), totals_(std::move(totals)) {}

  // Loads the program's sums; all zero before its first commit.
  static absl::StatusOr<Journal> Open(const Reader& reader,
                                      const ProgramId& program,
                                      const CommitContext& context);

  [[nodiscard]] WriteSet& writes() { return writes_; }
  [[nodiscard]] store::v1::TotalsRecord& totals() { return totals_; }

  // Notes when the commit took effect: the program's time, and whether it is an
  // import.
  void NoteEffectiveTime(absl::Time effective);

  // Adds an event of the member (empty: of none) that took effect at
  // `effective`. The caller fills in the payload; valid until the next call.
  v1::Event& AddEvent(absl::Time effective, const MemberId& member,
                      int64_t rulebook_version);

  // The writes, with the sums and events among them.
  [[nodiscard]] WriteSet Take() &&;

 private:
  ProgramId program_;
  CommitContext context_;
  WriteSet writes_;
  store::v1::TotalsRecord totals_;
  std::vector<v1::Event> events_;
};

// A program's time: the wall clock's, except that while old sales are being
// imported it is the latest of those, whatever is sold beside them, so that
// nothing expires before the sales that may still spend it. An import ends an
// hour after its last command.
[[nodiscard]] absl::Time ProgramTime(const store::v1::TotalsRecord& totals,
                                     absl::Time now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_JOURNAL_H_
