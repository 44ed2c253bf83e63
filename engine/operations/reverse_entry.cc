// ReverseEntry.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/points_commit.h"
#include "engine/rulebook/triggers.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

absl::Status RefuseReversal(absl::string_view why) {
  return Refuse(Reason::kEntryNotReversible,
                absl::StrCat("the entry cannot be reversed: ", why));
}

absl::Status CheckReversible(const store::v1::EntryRecord& entry) {
  if (!entry.order_id().empty()) {
    return RefuseReversal(absl::StrCat("it came from order ", entry.order_id(),
                                       ", which RefundOrder takes back"));
  }
  if (!entry.rules().empty() &&
      entry.reason() == TriggerName(Trigger::kReferralQualified)) {
    return RefuseReversal(
        "it came from a friend's order, which RefundOrder takes back");
  }
  switch (entry.kind()) {
    case v1::LedgerEntry::EARN:
    case v1::LedgerEntry::REDEEM:
    case v1::LedgerEntry::ADJUST:
    case v1::LedgerEntry::TRANSFER_OUT:
    case v1::LedgerEntry::TRANSFER_IN:
      return absl::OkStatus();
    case v1::LedgerEntry::HOLD:
      return RefuseReversal("it made a hold, which ReleaseHold gives back");
    case v1::LedgerEntry::CAPTURE:
      return RefuseReversal(
          "it spent a hold, which is final; AdjustPoints corrects it");
    case v1::LedgerEntry::REVERSE:
      return RefuseReversal("it is a reversal itself; run the command again");
    default:
      return RefuseReversal("it followed from another one, or from time");
  }
}

// One side of a reversal: a member's entry, loaded and checked.
struct Side {
  MemberLedger ledger;
  store::v1::EntryRecord record;
  int64_t number = 0;
};

absl::StatusOr<Side> LoadSide(const PointsCommit& commit, const Reader& reader,
                              const MemberId& member, int64_t number) {
  PISTIS_ASSIGN_OR_RETURN(MemberLedger ledger,
                          commit.LoadLedgerOver(reader, member, {}));
  PISTIS_ASSIGN_OR_RETURN(
      std::optional<store::v1::EntryRecord> record,
      GetRecord<store::v1::EntryRecord>(
          commit.reader(), EntryKey(commit.program(), member, number)));
  if (!record) return RefuseNotFound("entry", absl::StrCat(number));
  PISTIS_RETURN_IF_ERROR(CheckReversible(*record));
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::ReversalRecord> reversed,
      GetRecord<store::v1::ReversalRecord>(
          commit.reader(), ReversalKey(commit.program(), member, number)));
  if (reversed) {
    return RefuseReversal(
        absl::StrCat("entry ", reversed->reversed_by(), " did so already"));
  }
  return Side{.ledger = std::move(ledger),
              .record = *std::move(record),
              .number = number};
}

absl::StatusOr<LedgerEntry> ReverseSide(const std::string& reason,
                                        PointsCommit& commit, Side& side) {
  EntrySource source = commit.SourceOf(reason);
  source.reversed_entry = side.number;
  source.other_member = MemberId(side.record.other_member_id());
  PISTIS_ASSIGN_OR_RETURN(
      LedgerEntry entry,
      side.ledger.Reverse(ToEntry(side.record, side.number),
                          commit.TermsAt(side.ledger.effective()), source));
  store::v1::ReversalRecord reversal;
  reversal.set_reversed_by(entry.number);
  PutRecord(ReversalKey(commit.program(), side.ledger.member_id(), side.number),
            reversal, commit.journal().writes());
  return entry;
}

absl::StatusOr<v1::ReverseEntryResponse> ReverseBoth(
    const ReverseEntryInput& input, PointsCommit& commit) {
  const v1::ReverseEntryRequest& request = input.request;
  PISTIS_ASSIGN_OR_RETURN(Side side, LoadSide(commit, commit.reader(),
                                              MemberId(request.member_id()),
                                              request.entry_number()));
  std::optional<Side> other;
  std::optional<OverlayReader> view;
  if (!side.record.other_member_id().empty()) {
    PISTIS_ASSIGN_OR_RETURN(other,
                            LoadSide(commit, commit.reader(),
                                     MemberId(side.record.other_member_id()),
                                     side.record.other_entry()));
    // Once more: what fell due on both sides may use up one limit.
    view.emplace(commit.reader(), std::initializer_list<const WriteSet*>{
                                      &other->ledger.writes()});
    PISTIS_ASSIGN_OR_RETURN(
        side, LoadSide(commit, *view, MemberId(request.member_id()),
                       request.entry_number()));
  }
  PISTIS_ASSIGN_OR_RETURN(const LedgerEntry entry,
                          ReverseSide(request.reason(), commit, side));
  v1::ReverseEntryResponse reply;
  if (other) {
    PISTIS_ASSIGN_OR_RETURN(const LedgerEntry other_entry,
                            ReverseSide(request.reason(), commit, *other));
    side.ledger.last_source().other_entry = other_entry.number;
    other->ledger.last_source().other_entry = entry.number;
    *reply.mutable_other_entry() =
        commit.Show(other_entry, other->ledger.last_source());
    other->ledger.Post(commit.journal());
  }
  side.ledger.Post(commit.journal());
  *reply.mutable_entry() = commit.Show(entry, side.ledger.last_source());
  *reply.mutable_account() = commit.Show(side.ledger);
  return reply;
}

}  // namespace

absl::StatusOr<DecidedReply<v1::ReverseEntryResponse>> ReverseEntry(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ReverseEntryInput& input) {
  return OnceInProgram<v1::ReverseEntryResponse>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return ReverseBoth(input, commit); });
}

}  // namespace pistis
