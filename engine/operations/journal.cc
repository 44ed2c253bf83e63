#include "engine/operations/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

// A till that was offline sends sales at most this old; what is older is an
// import.
constexpr absl::Duration kImportAge = absl::Hours(72);
constexpr absl::Duration kImportPause = absl::Hours(1);

bool IsImporting(const store::v1::TotalsRecord& totals, absl::Time now) {
  return totals.import_seen_us() != 0 &&
         now - absl::FromUnixMicros(totals.import_seen_us()) < kImportPause;
}

}  // namespace

absl::StatusOr<Journal> Journal::Open(const Reader& reader,
                                      const ProgramId& program,
                                      const CommitContext& context) {
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::TotalsRecord> totals,
      GetRecord<store::v1::TotalsRecord>(reader, TotalsKey(program)));
  return Journal(program, context,
                 std::move(totals).value_or(store::v1::TotalsRecord()));
}

void Journal::NoteEffectiveTime(absl::Time effective) {
  if (effective >= context_.now - kImportAge) return;
  const int64_t reached =
      IsImporting(totals_, context_.now) ? totals_.import_latest_us() : 0;
  totals_.set_import_latest_us(
      std::max(reached, absl::ToUnixMicros(effective)));
  totals_.set_import_seen_us(absl::ToUnixMicros(context_.now));
}

v1::Event& Journal::AddEvent(absl::Time effective, const MemberId& member,
                             int64_t rulebook_version) {
  v1::Event& event = events_.emplace_back();
  event.set_event_id(absl::StrCat(context_.commit_seq, "-", events_.size()));
  event.set_commit_seq(context_.commit_seq);
  *event.mutable_effective_time() = ToTimestamp(effective);
  event.set_member_id(member.text());
  event.set_rulebook_version(rulebook_version);
  return event;
}

WriteSet Journal::Take() && {
  PutRecord(TotalsKey(program_), totals_, writes_);
  if (!events_.empty()) {
    store::v1::CommitRecord record;
    for (const v1::Event& event : events_) {
      record.add_events(event.SerializeAsString());
    }
    PutRecord(CommitKey(program_, context_.commit_seq), record, writes_);
  }
  return std::move(writes_);
}

absl::Time ProgramTime(const store::v1::TotalsRecord& totals, absl::Time now) {
  if (!IsImporting(totals, now)) return now;
  return std::min(now, absl::FromUnixMicros(totals.import_latest_us()));
}

}  // namespace pistis
