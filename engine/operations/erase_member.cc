#include "engine/operations/erase_member.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/end_reservation.h"
#include "engine/operations/erased_records.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/points_commit.h"
#include "engine/operations/reservations.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/erasure_keys.h"
#include "engine/storage/keys.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

using EraseReply = v1::EraseMemberResponse;

// Ends the reservations that hold points of the account: each posts it.
absl::Status EndReservations(const Account& account, PointsCommit& commit) {
  std::vector<DueReservation> ended;
  for (const OpenHold& hold : account.state().holds) {
    const auto reservation = ReservationOf(hold.id);
    if (!reservation) continue;
    ended.push_back(
        {.expire = commit.context().now, .reservation = *reservation});
  }
  if (ended.empty()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(
      const size_t count,
      ExpireReservations({.env = commit.env(),
                          .reader = commit.reader(),
                          .context = commit.context(),
                          .program = commit.program()},
                         ended, commit.rulebook(), commit.journal()));
  return count == ended.size() ? absl::OkStatus()
                               : RecordCorrupt("ReservationRecord");
}

absl::Status ReleaseHolds(const EntrySource& source, MemberLedger& ledger,
                          PointsCommit& commit) {
  // A copy: each release takes one away.
  const std::vector<OpenHold> holds = ledger.account().state().holds;
  for (const OpenHold& hold : holds) {
    const std::string key = HoldKey(commit.program(), hold.id);
    PISTIS_ASSIGN_OR_RETURN(
        store::v1::HoldRecord record,
        GetExpectedRecord<store::v1::HoldRecord>(commit.reader(), key));
    PISTIS_RETURN_IF_ERROR(
        ledger.ReleaseHold(hold.id, commit.TermsAt(ledger.effective()), source)
            .status());
    record.set_closed(true);
    PutRecord(key, record, commit.journal().writes());
  }
  return absl::OkStatus();
}

// Nobody finds the member by them any more, and others may have them.
void FreeIdentifiers(const store::v1::ProfileRecord& profile,
                     PointsCommit& commit) {
  for (const std::string& hash : profile.identifier_hashes()) {
    commit.journal().writes().Delete(
        IdentifierIndexKey(commit.program(), hash));
  }
}

void PutErasure(const MemberId& member, PointsCommit& commit) {
  store::v1::ErasureRecord record;
  record.set_erase_us(absl::ToUnixMicros(commit.context().now));
  record.set_commit_seq(commit.context().commit_seq);
  WriteSet& writes = commit.journal().writes();
  PutRecord(ErasureKey(commit.program(), member), record, writes);
  writes.Put(UncleanKey(commit.program(), member), "");
}

absl::StatusOr<EraseReply> Erase(const EraseMemberInput& input,
                                 PointsCommit& commit) {
  const MemberId member(input.request.member_id());
  PISTIS_ASSIGN_OR_RETURN(const MemberLedger before,
                          commit.LoadLedger(member, {}));
  PISTIS_RETURN_IF_ERROR(EndReservations(before.account(), commit));
  const OverlayReader view(commit.reader(), {&commit.journal().writes()});
  PISTIS_ASSIGN_OR_RETURN(MemberLedger ledger,
                          commit.LoadLedgerOver(view, member, {}));
  const EntrySource source = commit.SourceOf(kErasedReason);
  PISTIS_RETURN_IF_ERROR(ReleaseHolds(source, ledger, commit));
  EraseReply reply;
  reply.set_member_id(member.text());
  reply.set_points_forfeited(ledger.Forfeit(source).value());
  *reply.mutable_erase_time() = ToTimestamp(commit.context().now);
  PISTIS_RETURN_IF_ERROR(ledger.ReadProfile(view));
  FreeIdentifiers(ledger.profile(), commit);
  ledger.Erase();
  PutRecord(ProfileKey(commit.program(), member), ledger.profile(),
            commit.journal().writes());
  ledger.Post(commit.journal());
  PutErasure(member, commit);
  commit.journal()
      .AddEvent(commit.context().now, member, 0)
      .mutable_member_erased();
  return reply;
}

}  // namespace

absl::StatusOr<EraseMemberInput> ParseEraseMember(
    const v1::EraseMemberRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  return EraseMemberInput{.program = ProgramId(request.program_id()),
                          .request = request,
                          .fingerprint = FingerprintOf(request)};
}

absl::StatusOr<DecidedReply<EraseReply>> EraseMember(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const EraseMemberInput& input) {
  return OnceInProgram<EraseReply>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Erase(input, commit); });
}

absl::StatusOr<std::set<MemberId>> FindErased(const Reader& reader,
                                              const ProgramId& program) {
  constexpr absl::string_view kZero("\0", 1);
  const std::string unclean = UncleanKey(program, MemberId());
  const KeyRange range = KeysOf('e', program, "");
  std::set<MemberId> erased;
  PISTIS_RETURN_IF_ERROR(reader.Scan(
      range.begin, range.end,
      [&](absl::string_view key, absl::string_view value) {
        if (absl::StartsWith(key, unclean)) return Visit::kContinue;
        store::v1::ErasureRecord record;
        const bool is_readable =
            record.ParseFromArray(value.data(), static_cast<int>(value.size()));
        absl::string_view name = key.substr(range.begin.size());
        absl::ConsumeSuffix(&name, kZero);
        if (is_readable) erased.emplace(name);
        return Visit::kContinue;
      }));
  return erased;
}

absl::StatusOr<std::optional<store::v1::ErasureRecord>> FindErasure(
    const Reader& reader, const ProgramId& program, const MemberId& member) {
  return GetRecord<store::v1::ErasureRecord>(reader,
                                             ErasureKey(program, member));
}

}  // namespace pistis
