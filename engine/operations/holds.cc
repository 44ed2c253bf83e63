// HoldPoints, CaptureHold and ReleaseHold.
#include "engine/operations/holds.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/ledger_commands.h"
#include "engine/operations/points_commit.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr HoldSpan kHoldSpan{.usual = absl::Hours(1), .most_days = 366};

absl::StatusOr<DecidedReply<v1::HoldPointsResponse>> MakeHold(
    const HoldPointsInput& input, PointsCommit& commit) {
  const v1::HoldPointsRequest& request = input.request;
  const HoldId id(request.hold_id());
  PISTIS_ASSIGN_OR_RETURN(MemberLedger ledger,
                          commit.LoadLedger(MemberId(request.member_id()), {}));
  PISTIS_RETURN_IF_ERROR(ledger.CheckTakesPart());
  PISTIS_ASSIGN_OR_RETURN(
      const absl::Time expire,
      HoldUntil(input.expire, ledger.effective(), kHoldSpan));
  PISTIS_RETURN_IF_ERROR(ledger
                             .Hold(id, Points(request.points()), expire,
                                   commit.SourceOf(request.reason()))
                             .status());
  ledger.Post(commit.journal());
  store::v1::HoldRecord record;
  record.set_fingerprint(input.fingerprint);
  record.set_member_id(request.member_id());
  record.set_points(request.points());
  record.set_expire_us(absl::ToUnixMicros(expire));
  record.set_create_us(absl::ToUnixMicros(ledger.effective()));
  v1::HoldPointsResponse reply;
  *reply.mutable_hold() = ToMessage(id, record, ledger.account());
  *reply.mutable_account() = commit.Show(ledger);
  reply.set_commit_seq(commit.context().commit_seq);
  Encoded<v1::HoldPointsResponse> encoded = Encode(reply);
  record.set_reply(encoded.bytes);
  PutRecord(HoldKey(input.program, id), record, commit.journal().writes());
  PISTIS_ASSIGN_OR_RETURN(
      WriteSet writes,
      std::move(commit.journal()).Take(commit.env(), commit.reader()));
  return DecidedReply<v1::HoldPointsResponse>{.reply = std::move(encoded),
                                              .writes = std::move(writes)};
}

absl::StatusOr<store::v1::HoldRecord> LoadHold(const PointsCommit& commit,
                                               const HoldId& id) {
  PISTIS_ASSIGN_OR_RETURN(std::optional<store::v1::HoldRecord> record,
                          GetRecord<store::v1::HoldRecord>(
                              commit.reader(), HoldKey(commit.program(), id)));
  if (!record) return RefuseNotFound("hold", id.text());
  return *std::move(record);
}

// Capture and release alike: load, `change` the ledger, close the hold.
template <typename Reply, typename Change>
absl::StatusOr<Reply> CloseHold(const HoldId& id, PointsCommit& commit,
                                Change change) {
  PISTIS_ASSIGN_OR_RETURN(store::v1::HoldRecord record, LoadHold(commit, id));
  PISTIS_ASSIGN_OR_RETURN(MemberLedger ledger,
                          commit.LoadLedger(MemberId(record.member_id()), {}));
  PISTIS_ASSIGN_OR_RETURN(const Points captured, change(record, ledger));
  record.set_closed(true);
  record.set_captured_points(captured.value());
  ledger.Post(commit.journal());
  PutRecord(HoldKey(commit.program(), id), record, commit.journal().writes());
  Reply reply;
  *reply.mutable_hold() = ToMessage(id, record, ledger.account());
  *reply.mutable_account() = commit.Show(ledger);
  return reply;
}

}  // namespace

absl::StatusOr<absl::Time> HoldUntil(std::optional<absl::Time> asked,
                                     absl::Time now, const HoldSpan& span) {
  if (!asked) return now + span.usual;
  if (*asked > now && *asked <= now + absl::Hours(24 * span.most_days)) {
    return *asked;
  }
  return RefuseField("expire_time",
                     absl::StrCat("is ", absl::FormatTime(*asked),
                                  "; a time after now and within ",
                                  span.most_days, " days is wanted"));
}

v1::Hold ToMessage(const HoldId& id, const store::v1::HoldRecord& record,
                   const Account& account) {
  v1::Hold hold;
  hold.set_hold_id(id.text());
  hold.set_member_id(record.member_id());
  hold.set_points(record.points());
  hold.set_captured_points(record.captured_points());
  *hold.mutable_expire_time() =
      ToTimestamp(absl::FromUnixMicros(record.expire_us()));
  *hold.mutable_create_time() =
      ToTimestamp(absl::FromUnixMicros(record.create_us()));
  if (record.closed()) {
    hold.set_state(record.captured_points() > 0 ? v1::Hold::CAPTURED
                                                : v1::Hold::RELEASED);
  } else {
    hold.set_state(account.FindHold(id) != nullptr ? v1::Hold::OPEN
                                                   : v1::Hold::EXPIRED);
  }
  return hold;
}

absl::StatusOr<DecidedReply<v1::HoldPointsResponse>> HoldPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const HoldPointsInput& input) {
  PISTIS_ASSIGN_OR_RETURN(
      PointsCommit commit,
      PointsCommit::Open(env, reader, context, input.program));
  PISTIS_ASSIGN_OR_RETURN(
      const std::optional<store::v1::HoldRecord> known,
      GetRecord<store::v1::HoldRecord>(
          reader, HoldKey(input.program, HoldId(input.request.hold_id()))));
  if (known) {
    return FirstReply<v1::HoldPointsResponse>(
        known->fingerprint(), input.fingerprint, known->reply(), "hold_id");
  }
  return MakeHold(input, commit);
}

absl::StatusOr<DecidedReply<v1::CaptureHoldResponse>> CaptureHold(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CaptureHoldInput& input) {
  const HoldId id(input.request.hold_id());
  return OnceInProgram<v1::CaptureHoldResponse>(
      env, reader, context, input, [&](PointsCommit& commit) {
        return CloseHold<v1::CaptureHoldResponse>(
            id, commit,
            [&](const store::v1::HoldRecord& record,
                MemberLedger& ledger) -> absl::StatusOr<Points> {
              const Points points(input.request.points() == 0
                                      ? record.points()
                                      : input.request.points());
              PISTIS_RETURN_IF_ERROR(
                  ledger
                      .CaptureHold(id, points,
                                   commit.TermsAt(ledger.effective()),
                                   commit.SourceOf(input.request.reason()))
                      .status());
              return points;
            });
      });
}

absl::StatusOr<DecidedReply<v1::ReleaseHoldResponse>> ReleaseHold(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ReleaseHoldInput& input) {
  const HoldId id(input.request.hold_id());
  return OnceInProgram<v1::ReleaseHoldResponse>(
      env, reader, context, input, [&](PointsCommit& commit) {
        return CloseHold<v1::ReleaseHoldResponse>(
            id, commit,
            [&](const store::v1::HoldRecord& /*record*/,
                MemberLedger& ledger) -> absl::StatusOr<Points> {
              PISTIS_RETURN_IF_ERROR(
                  ledger
                      .ReleaseHold(id, commit.TermsAt(ledger.effective()),
                                   commit.SourceOf(input.request.reason()))
                      .status());
              return Points();
            });
      });
}

}  // namespace pistis
