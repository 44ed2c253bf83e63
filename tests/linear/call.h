// A request of any method that changes something, as a value, and how the
// engine answers it.
#ifndef PISTIS_TESTS_LINEAR_CALL_H_
#define PISTIS_TESTS_LINEAR_CALL_H_

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "absl/time/time.h"

#include "pistis/v1/checkout_service.pb.h"
#include "pistis/v1/ledger_service.pb.h"
#include "pistis/v1/member_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/work_off_due.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// The last is no request of the API but the job that runs beside them.
using AnyRequest = std::variant<
    v1::CommitOrderRequest, v1::RefundOrderRequest, v1::HoldOrderRequest,
    v1::CancelReservationRequest, v1::EarnPointsRequest,
    v1::RedeemPointsRequest, v1::HoldPointsRequest, v1::CaptureHoldRequest,
    v1::ReleaseHoldRequest, v1::AdjustPointsRequest, v1::TransferPointsRequest,
    v1::ReverseEntryRequest, v1::CreateMemberRequest,
    v1::PublishRulebookRequest, WorkOffDueInput>;

// "EarnPoints".
[[nodiscard]] std::string KindOf(const AnyRequest& request);
// The kind and the fields, in one line.
[[nodiscard]] std::string TextOf(const AnyRequest& request);

// The same id with other content; what has none (a job, a call that names a
// reservation alone) is the same.
[[nodiscard]] AnyRequest Altered(AnyRequest request);

// What a caller gets: bytes that are compared, never looked at.
struct Answer {
  // Empty where refused.
  std::string reply;
  // A serialised google.rpc.Status; empty where accepted.
  std::string refusal;

  [[nodiscard]] bool accepted() const { return refusal.empty(); }
  friend bool operator==(const Answer&, const Answer&) = default;
};

// "OK", or the refusal's reason.
[[nodiscard]] std::string NameOf(const Answer& answer);

// An answer and the writes that it needs.
struct Decision {
  Answer answer;
  WriteSet writes;
};

using Call =
    std::function<Decision(const OperationEnv& env, const Reader& reader,
                           const CommitContext& context)>;

// The operation on the request, shaped at `now` as the server would. A
// misshapen request fails the test and decides nothing.
[[nodiscard]] Call CallOf(const AnyRequest& request, absl::Time now);

// The commit_seq that a reply to `request` names; 0 where such replies name
// none.
[[nodiscard]] int64_t CommitSeqIn(const AnyRequest& request,
                                  const std::string& reply);

}  // namespace pistis

#endif  // PISTIS_TESTS_LINEAR_CALL_H_
