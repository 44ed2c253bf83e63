#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "engine/base/amount.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/ledger_commands.h"
#include "engine/order/order.h"

namespace pistis {
namespace {

constexpr size_t kMaxReasonBytes = 256;

enum class Wanted { kOptional, kRequired };

absl::Status CheckReason(const std::string& reason, Wanted wanted) {
  if (wanted == Wanted::kRequired && reason.empty()) {
    return RefuseField("reason", "is missing; say why");
  }
  return CheckText("reason", reason, kMaxReasonBytes);
}

absl::Status CheckPoints(int64_t points) {
  if (points >= 1 && Points(points) <= kMaxCommandPoints) {
    return absl::OkStatus();
  }
  return RefuseField("points",
                     absl::StrCat("is ", points, "; 1 to ",
                                  kMaxCommandPoints.value(), " are allowed"));
}

template <typename Request>
absl::StatusOr<LedgerCommand<Request>> Begin(const Request& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  return LedgerCommand<Request>{.program = ProgramId(request.program_id()),
                                .request = request,
                                .placed = {},
                                .expire = {},
                                .fingerprint = FingerprintOf(request)};
}

// A command that names a request and a member.
template <typename Request>
absl::StatusOr<LedgerCommand<Request>> BeginForMember(const Request& request) {
  PISTIS_ASSIGN_OR_RETURN(LedgerCommand<Request> command, Begin(request));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  return command;
}

// Any time is shapely; whether it is late enough is asked later, so that a
// retry gets its first answer however late it comes.
// Any time is shapely; whether it is too late or late enough is asked later, so
// that a retry gets its first answer however late it comes.
template <typename Request>
absl::Status AddPlaced(LedgerCommand<Request>& command) {
  if (!command.request.has_placed_time()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(
      command.placed,
      ParsePastTime("placed_time", command.request.placed_time(),
                    absl::InfiniteFuture()));
  return absl::OkStatus();
}

template <typename Request>
absl::Status AddExpire(LedgerCommand<Request>& command) {
  if (!command.request.has_expire_time()) return absl::OkStatus();
  PISTIS_ASSIGN_OR_RETURN(
      command.expire,
      ParsePastTime("expire_time", command.request.expire_time(),
                    absl::InfiniteFuture()));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EarnPointsInput> ParseEarnPoints(
    const v1::EarnPointsRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(EarnPointsInput command, BeginForMember(request));
  PISTIS_RETURN_IF_ERROR(CheckPoints(request.points()));
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kOptional));
  PISTIS_RETURN_IF_ERROR(AddExpire(command));
  PISTIS_RETURN_IF_ERROR(AddPlaced(command));
  return command;
}

absl::StatusOr<RedeemPointsInput> ParseRedeemPoints(
    const v1::RedeemPointsRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(RedeemPointsInput command, BeginForMember(request));
  PISTIS_RETURN_IF_ERROR(CheckPoints(request.points()));
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kOptional));
  PISTIS_RETURN_IF_ERROR(AddPlaced(command));
  return command;
}

absl::StatusOr<HoldPointsInput> ParseHoldPoints(
    const v1::HoldPointsRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(HoldPointsInput command, Begin(request));
  PISTIS_RETURN_IF_ERROR(CheckId("hold_id", request.hold_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("member_id", request.member_id()));
  PISTIS_RETURN_IF_ERROR(CheckPoints(request.points()));
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kOptional));
  PISTIS_RETURN_IF_ERROR(AddExpire(command));
  return command;
}

absl::StatusOr<CaptureHoldInput> ParseCaptureHold(
    const v1::CaptureHoldRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(CaptureHoldInput command, Begin(request));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("hold_id", request.hold_id()));
  if (request.points() != 0) {
    PISTIS_RETURN_IF_ERROR(CheckPoints(request.points()));
  }
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kOptional));
  return command;
}

absl::StatusOr<ReleaseHoldInput> ParseReleaseHold(
    const v1::ReleaseHoldRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(ReleaseHoldInput command, Begin(request));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("hold_id", request.hold_id()));
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kOptional));
  return command;
}

absl::StatusOr<AdjustPointsInput> ParseAdjustPoints(
    const v1::AdjustPointsRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(AdjustPointsInput command, BeginForMember(request));
  const int64_t most = kMaxCommandPoints.value();
  if (request.points() == 0 || request.points() > most ||
      request.points() < -most) {
    return RefuseField("points",
                       absl::StrCat("is ", request.points(), "; 1 to ", most,
                                    " are allowed, or as many with a minus"));
  }
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kRequired));
  PISTIS_RETURN_IF_ERROR(AddExpire(command));
  if (command.expire && request.points() < 0) {
    return RefuseField("expire_time", "is for points that are added");
  }
  return command;
}

absl::StatusOr<TransferPointsInput> ParseTransferPoints(
    const v1::TransferPointsRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(TransferPointsInput command, Begin(request));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("from_member_id", request.from_member_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("to_member_id", request.to_member_id()));
  if (request.from_member_id() == request.to_member_id()) {
    return RefuseField("to_member_id", "is the member who gives");
  }
  PISTIS_RETURN_IF_ERROR(CheckPoints(request.points()));
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kOptional));
  return command;
}

absl::StatusOr<ReverseEntryInput> ParseReverseEntry(
    const v1::ReverseEntryRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(ReverseEntryInput command, BeginForMember(request));
  if (request.entry_number() < 1) {
    return RefuseField("entry_number",
                       absl::StrCat("is ", request.entry_number(),
                                    "; entries are numbered from 1"));
  }
  PISTIS_RETURN_IF_ERROR(CheckReason(request.reason(), Wanted::kRequired));
  return command;
}

}  // namespace pistis
