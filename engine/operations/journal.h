// All that one commit changes: writes, the program's sums, events.
#ifndef PISTIS_ENGINE_OPERATIONS_JOURNAL_H_
#define PISTIS_ENGINE_OPERATIONS_JOURNAL_H_

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/arena.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/ledger/entry.h"
#include "engine/operations/chain.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

struct EntrySource;

// What a till tells later than this after it was sold is an import: a till that
// was offline sends no older sales.
inline constexpr absl::Duration kImportAge = absl::Hours(72);

// A note that something asks for.
struct NoteAsk {
  MemberId member;
  absl::Time at;
  // The one whose template it is.
  int64_t rulebook_version = 0;
  // Its id, template, code and what set it off; the rest is filled in when the
  // event is read.
  v1::NoteRequested note;
  // True of what time set off, whatever the commit was told.
  bool is_by_time = false;
};

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
  [[nodiscard]] const store::v1::TotalsRecord& totals() const {
    return totals_;
  }
  [[nodiscard]] int64_t commit_seq() const { return context_.commit_seq; }
  [[nodiscard]] const ProgramId& program() const { return program_; }
  [[nodiscard]] absl::Time now() const { return context_.now; }

  // Notes when the commit took effect: the program's time, and whether it is an
  // import.
  void NoteEffectiveTime(absl::Time effective);

  // Notes when what the commit was told of took place, before its notes are
  // decided on: the member's time may have gone on since.
  void NoteToldTime(absl::Time told) { told_ = told; }
  // That; of a commit that was told of nothing, now.
  [[nodiscard]] absl::Time told() const { return told_.value_or(now()); }

  // Adds an event of the member (empty: of none) that took effect at
  // `effective`. The caller fills in the payload; valid until the next call.
  // Its commit_time is stored where that is another.
  v1::Event& AddEvent(absl::Time effective, const MemberId& member,
                      int64_t rulebook_version);

  // Adds a member's entry: its record, its part of the sums, its place in the
  // chain.
  void AddEntry(const MemberId& member, const LedgerEntry& entry,
                const EntrySource& source);

  // Keeps a note to be decided on with the others of the commit.
  void AddNote(NoteAsk ask) { notes_.push_back(std::move(ask)); }

  // The writes, with what becomes of the notes, the sums, the events and the
  // link of the chain among them. `reader` shows what was there before the
  // commit. RECORD_CORRUPT.
  [[nodiscard]] absl::StatusOr<WriteSet> Take(const OperationEnv& env,
                                              const Reader& reader) &&;

 private:
  // The commit's record and its events, on one arena.
  struct Messages {
    std::array<char, 2048> block;
    google::protobuf::Arena arena{block.data(), block.size()};
    store::v1::CommitRecord& commit =
        *google::protobuf::Arena::CreateMessage<store::v1::CommitRecord>(
            &arena);
  };

  void EncodeEvent();

  ProgramId program_;
  CommitContext context_;
  WriteSet writes_;
  store::v1::TotalsRecord totals_;
  std::unique_ptr<Messages> messages_ = std::make_unique<Messages>();
  // The event that is being filled in; those before it are in the record. Null
  // where there is none.
  v1::Event* event_ = nullptr;
  std::vector<ChainedEntry> entries_;
  std::vector<NoteAsk> notes_;
  std::optional<absl::Time> told_;
};

// A program's time: the wall clock's, except that while old sales are being
// imported it is the latest of those, whatever is sold beside them, so that
// nothing expires before the sales that may still spend it. An import ends
// five minutes after its last command.
// True while that is so.
[[nodiscard]] bool IsImporting(const store::v1::TotalsRecord& totals,
                               absl::Time now);
[[nodiscard]] absl::Time ProgramTime(const store::v1::TotalsRecord& totals,
                                     absl::Time now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_JOURNAL_H_
