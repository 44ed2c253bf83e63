// The use cases of LedgerService that change points beside sales. Each is
// shaped by Parse on the caller's thread and decided by the function of its
// method's name; refusals are as pistis/v1 says of each method.
#ifndef PISTIS_ENGINE_OPERATIONS_LEDGER_COMMANDS_H_
#define PISTIS_ENGINE_OPERATIONS_LEDGER_COMMANDS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/ledger_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// A shaped command: what needs a look at the store is all that is left to ask.
template <typename Request>
struct LedgerCommand {
  ProgramId program;
  Request request;
  // When it took effect, where the caller says so.
  std::optional<absl::Time> placed;
  // When what it makes expires, where the caller says so.
  std::optional<absl::Time> expire;
  std::string fingerprint;
};

using EarnPointsInput = LedgerCommand<v1::EarnPointsRequest>;
using RedeemPointsInput = LedgerCommand<v1::RedeemPointsRequest>;
using HoldPointsInput = LedgerCommand<v1::HoldPointsRequest>;
using CaptureHoldInput = LedgerCommand<v1::CaptureHoldRequest>;
using ReleaseHoldInput = LedgerCommand<v1::ReleaseHoldRequest>;
using AdjustPointsInput = LedgerCommand<v1::AdjustPointsRequest>;
using TransferPointsInput = LedgerCommand<v1::TransferPointsRequest>;
using ReverseEntryInput = LedgerCommand<v1::ReverseEntryRequest>;

absl::StatusOr<EarnPointsInput> ParseEarnPoints(
    const v1::EarnPointsRequest& request, absl::Time now);
absl::StatusOr<RedeemPointsInput> ParseRedeemPoints(
    const v1::RedeemPointsRequest& request, absl::Time now);
absl::StatusOr<HoldPointsInput> ParseHoldPoints(
    const v1::HoldPointsRequest& request, absl::Time now);
absl::StatusOr<CaptureHoldInput> ParseCaptureHold(
    const v1::CaptureHoldRequest& request, absl::Time now);
absl::StatusOr<ReleaseHoldInput> ParseReleaseHold(
    const v1::ReleaseHoldRequest& request, absl::Time now);
absl::StatusOr<AdjustPointsInput> ParseAdjustPoints(
    const v1::AdjustPointsRequest& request, absl::Time now);
absl::StatusOr<TransferPointsInput> ParseTransferPoints(
    const v1::TransferPointsRequest& request, absl::Time now);
absl::StatusOr<ReverseEntryInput> ParseReverseEntry(
    const v1::ReverseEntryRequest& request, absl::Time now);

absl::StatusOr<DecidedReply<v1::EarnPointsResponse>> EarnPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const EarnPointsInput& input);
absl::StatusOr<DecidedReply<v1::RedeemPointsResponse>> RedeemPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RedeemPointsInput& input);
absl::StatusOr<DecidedReply<v1::HoldPointsResponse>> HoldPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const HoldPointsInput& input);
absl::StatusOr<DecidedReply<v1::CaptureHoldResponse>> CaptureHold(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CaptureHoldInput& input);
absl::StatusOr<DecidedReply<v1::ReleaseHoldResponse>> ReleaseHold(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ReleaseHoldInput& input);
absl::StatusOr<DecidedReply<v1::AdjustPointsResponse>> AdjustPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const AdjustPointsInput& input);
absl::StatusOr<DecidedReply<v1::TransferPointsResponse>> TransferPoints(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const TransferPointsInput& input);
absl::StatusOr<DecidedReply<v1::ReverseEntryResponse>> ReverseEntry(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ReverseEntryInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_LEDGER_COMMANDS_H_
