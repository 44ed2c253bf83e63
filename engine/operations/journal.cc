#include "engine/operations/journal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/status_macros.h"
#include "engine/operations/ask_note.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/member_ledger.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/scratch_message.h"

namespace pistis {
namespace {

constexpr absl::Duration kImportPause = absl::Minutes(5);

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
  EncodeEvent();
  event_ = google::protobuf::Arena::CreateMessage<v1::Event>(&messages_->arena);
  v1::Event& event = *event_;
  event.set_event_id(absl::StrCat(context_.commit_seq, "-",
                                  messages_->commit.events_size() + 1));
  event.set_commit_seq(context_.commit_seq);
  *event.mutable_effective_time() = ToTimestamp(effective);
  if (effective != context_.now) {
    *event.mutable_commit_time() = ToTimestamp(context_.now);
  }
  event.set_member_id(member.text());
  event.set_rulebook_version(rulebook_version);
  return event;
}

void Journal::AddEntry(const MemberId& member, const LedgerEntry& entry,
                       const EntrySource& source) {
  AddToTotals(entry, totals_);
  ScratchMessage<store::v1::EntryRecord> record;
  FillRecord(entry, source, context_.commit_seq, *record);
  const ChainedEntry& chained = entries_.emplace_back(
      ChainedEntry{.member = member,
                   .number = entry.number,
                   .record = record->SerializeAsString()});
  writes_.Put(EntryKey(program_, member, entry.number), chained.record);
}

void Journal::EncodeEvent() {
  // A note may hold several values by name, whose order must not vary.
  if (event_ != nullptr) {
    messages_->commit.add_events(event_->has_note_requested()
                                     ? StableBytes(*event_)
                                     : event_->SerializeAsString());
  }
  event_ = nullptr;
}

absl::StatusOr<WriteSet> Journal::Take(const OperationEnv& env,
                                       const Reader& reader) && {
  if (!notes_.empty()) {
    PISTIS_RETURN_IF_ERROR(
        DecideNotes(env, reader, std::exchange(notes_, {}), *this));
  }
  EncodeEvent();
  store::v1::CommitRecord& commit = messages_->commit;
  if (!entries_.empty()) {
    totals_.set_chain_hash(NextLink(totals_.chain_hash(), program_,
                                    context_.commit_seq, entries_));
    totals_.set_chain_seq(context_.commit_seq);
    totals_.set_chain_entries(totals_.chain_entries() +
                              static_cast<int64_t>(entries_.size()));
    commit.set_chain_hash(totals_.chain_hash());
    for (const ChainedEntry& entry : entries_) {
      store::v1::EntryRef* ref = commit.add_entries();
      ref->set_member_id(entry.member.text());
      ref->set_number(entry.number);
    }
  }
  if (!entries_.empty() || commit.events_size() > 0) {
    totals_.set_commits(totals_.commits() + 1);
    PutRecord(CommitKey(program_, context_.commit_seq), commit, writes_);
  }
  PutRecord(TotalsKey(program_), totals_, writes_);
  return std::move(writes_);
}

bool IsImporting(const store::v1::TotalsRecord& totals, absl::Time now) {
  return totals.import_seen_us() != 0 &&
         now - absl::FromUnixMicros(totals.import_seen_us()) < kImportPause;
}

absl::Time ProgramTime(const store::v1::TotalsRecord& totals, absl::Time now) {
  if (!IsImporting(totals, now)) return now;
  return std::min(now, absl::FromUnixMicros(totals.import_latest_us()));
}

}  // namespace pistis
