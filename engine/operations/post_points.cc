// EarnPoints, RedeemPoints, AdjustPoints and TransferPoints.
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/status_macros.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/ledger_records.h"
#include "engine/operations/points_commit.h"
#include "engine/storage/overlay.h"

namespace pistis {
namespace {

absl::StatusOr<v1::EarnPointsResponse> Earn(const EarnPointsInput& input,
                                            PointsCommit& commit) {
  const v1::EarnPointsRequest& request = input.request;
  PISTIS_RETURN_IF_ERROR(commit.CheckPlaced(input.placed));
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      commit.LoadLedger(MemberId(request.member_id()), input.placed));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  std::optional<absl::Time> release;
  if (request.pending() && commit.rulebook() != nullptr &&
      commit.rulebook()->points.pending_days) {
    release =
        EndOfDayAfter(ledger.effective(),
                      *commit.rulebook()->points.pending_days, commit.zone());
  }
  PISTIS_ASSIGN_OR_RETURN(
      Lot lot,
      commit.LotAt(release.value_or(ledger.effective()), input.expire));
  lot.points = Points(request.points());
  const EntrySource source = commit.SourceOf(request.reason());
  PISTIS_ASSIGN_OR_RETURN(
      const LedgerEntry entry,
      ledger.Earn(lot, release, commit.TermsAt(ledger.effective()), source));
  ledger.Post(commit.journal());
  v1::EarnPointsResponse reply;
  *reply.mutable_entry() = commit.Show(entry, source);
  *reply.mutable_account() = commit.Show(ledger);
  return reply;
}

absl::StatusOr<v1::RedeemPointsResponse> Redeem(const RedeemPointsInput& input,
                                                PointsCommit& commit) {
  const v1::RedeemPointsRequest& request = input.request;
  PISTIS_RETURN_IF_ERROR(commit.CheckPlaced(input.placed));
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      commit.LoadLedger(MemberId(request.member_id()), input.placed));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  const EntrySource source = commit.SourceOf(request.reason());
  PISTIS_ASSIGN_OR_RETURN(
      const LedgerEntry entry,
      ledger.Redeem(Points(request.points()),
                    commit.TermsAt(ledger.effective()), source));
  ledger.Post(commit.journal());
  v1::RedeemPointsResponse reply;
  *reply.mutable_entry() = commit.Show(entry, source);
  *reply.mutable_account() = commit.Show(ledger);
  return reply;
}

absl::StatusOr<LedgerEntry> AdjustBy(const AdjustPointsInput& input,
                                     const PointsCommit& commit,
                                     MemberLedger& ledger) {
  const v1::AdjustPointsRequest& request = input.request;
  const EntrySource source = commit.SourceOf(request.reason());
  if (request.points() < 0) {
    return ledger.AdjustDown(
        Points(-request.points()),
        request.allow_negative() ? Shortfall::kOwe : Shortfall::kRefuse,
        source);
  }
  PISTIS_ASSIGN_OR_RETURN(Lot lot,
                          commit.LotAt(ledger.effective(), input.expire));
  lot.points = Points(request.points());
  return ledger.AdjustUp(lot, source);
}

absl::StatusOr<v1::AdjustPointsResponse> Adjust(const AdjustPointsInput& input,
                                                PointsCommit& commit) {
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger ledger,
      commit.LoadLedger(MemberId(input.request.member_id()), {}));
  PISTIS_ASSIGN_OR_RETURN(const LedgerEntry entry,
                          AdjustBy(input, commit, ledger));
  ledger.Post(commit.journal());
  v1::AdjustPointsResponse reply;
  *reply.mutable_entry() =
      commit.Show(entry, commit.SourceOf(input.request.reason()));
  *reply.mutable_account() = commit.Show(ledger);
  return reply;
}

// What arrives keeps the expiry it had, and is put off by nobody's activity:
// else one point from a busy friend would keep an idle member's points alive.
std::vector<Lot> LotsGiven(const LedgerEntry& out) {
  std::vector<Lot> given = LotsTaken(out);
  for (Lot& lot : given)
    lot.kind = LotKind::kFixed;
  return given;
}

absl::StatusOr<v1::TransferPointsResponse> Transfer(
    const TransferPointsInput& input, PointsCommit& commit) {
  const v1::TransferPointsRequest& request = input.request;
  const Points points(request.points());
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger from,
      commit.LoadLedger(MemberId(request.from_member_id()), {}));
  const MemberId receiver(request.to_member_id());
  // What falls due on both sides may use up one limit.
  const OverlayReader view(commit.reader(), {&from.writes()});
  PISTIS_ASSIGN_OR_RETURN(
      MemberLedger to, commit.LoadLedgerOver(view, receiver, from.effective()));
  PISTIS_RETURN_IF_ERROR(from.CheckTakesPart());
  PISTIS_RETURN_IF_ERROR(to.CheckTakesPart());
  if (to.effective() > from.effective()) {
    PISTIS_ASSIGN_OR_RETURN(
        from, commit.LoadLedger(from.member_id(), to.effective()));
    PISTIS_ASSIGN_OR_RETURN(
        to, commit.LoadLedgerOver(view, receiver, from.effective()));
  }
  EntrySource source = commit.SourceOf(request.reason());
  source.other_member = to.member_id();
  PISTIS_ASSIGN_OR_RETURN(const LedgerEntry out,
                          from.TransferOut(points, source));
  source.other_member = from.member_id();
  source.other_entry = out.number;
  PISTIS_ASSIGN_OR_RETURN(const LedgerEntry in,
                          to.TransferIn(LotsGiven(out), source));
  from.last_source().other_entry = in.number;
  from.Post(commit.journal());
  to.Post(commit.journal());
  v1::TransferPointsResponse reply;
  *reply.mutable_out_entry() = commit.Show(out, from.last_source());
  *reply.mutable_in_entry() = commit.Show(in, to.last_source());
  *reply.mutable_from_account() = commit.Show(from);
  *reply.mutable_to_account() = commit.Show(to);
  return reply;
}

}  // namespace

absl::StatusOr<DecidedReply<v1::EarnPointsResponse>> EarnPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const EarnPointsInput& input) {
  return OnceInProgram<v1::EarnPointsResponse>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Earn(input, commit); });
}

absl::StatusOr<DecidedReply<v1::RedeemPointsResponse>> RedeemPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RedeemPointsInput& input) {
  return OnceInProgram<v1::RedeemPointsResponse>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Redeem(input, commit); });
}

absl::StatusOr<DecidedReply<v1::AdjustPointsResponse>> AdjustPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const AdjustPointsInput& input) {
  return OnceInProgram<v1::AdjustPointsResponse>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Adjust(input, commit); });
}

absl::StatusOr<DecidedReply<v1::TransferPointsResponse>> TransferPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const TransferPointsInput& input) {
  return OnceInProgram<v1::TransferPointsResponse>(
      env, reader, context, input,
      [&](PointsCommit& commit) { return Transfer(input, commit); });
}

}  // namespace pistis
