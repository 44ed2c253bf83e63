// What the use cases that change subscriptions share.
#ifndef PISTIS_ENGINE_OPERATIONS_SUBSCRIPTION_CHANGE_H_
#define PISTIS_ENGINE_OPERATIONS_SUBSCRIPTION_CHANGE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/delivery_records.pb.h"

#include "engine/base/ids.h"
#include "engine/base/status_macros.h"
#include "engine/operations/command.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/load_order.h"
#include "engine/operations/once.h"
#include "engine/operations/subscriptions.h"
#include "engine/order/order.h"
#include "engine/storage/store.h"

namespace pistis {

// FIELD_INVALID where an id is out of shape.
template <typename Request>
absl::StatusOr<RequestKeyParts> ParseSubscriptionRequest(
    const Request& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  return RequestKeyParts{.program = ProgramId(request.program_id()),
                         .request = RequestId(request.request_id()),
                         .fingerprint = FingerprintOf(request)};
}

// Runs `decide` once for the request, of a program that there is.
template <typename Answer, typename Decide>
absl::StatusOr<DecidedReply<Answer>> OnceOf(const Reader& reader,
                                            const CommitContext& context,
                                            const RequestKeyParts& request,
                                            Decide decide) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, request.program).status());
  return Once<Answer>(reader, context, request, decide);
}

void PutSubscription(const ProgramId& program, const StoredSubscription& stored,
                     WriteSet& writes);

// The same, told from where it stands: active, and with no trouble.
[[nodiscard]] store::v1::SubscriptionRecord ToldAgain(
    store::v1::SubscriptionRecord record);

// All that waits for it. RECORD_CORRUPT.
absl::StatusOr<std::vector<store::v1::DeliveryRecord>> LoadWaiting(
    const Reader& reader, const ProgramId& program,
    absl::string_view subscription);

// Whose deliveries.
struct DeliveryOwner {
  const ProgramId& program;
  absl::string_view subscription;
};
// Has each tried at `now`; the time for its tries begins anew.
void TryAnew(const DeliveryOwner& owner,
             std::vector<store::v1::DeliveryRecord> deliveries, absl::Time now,
             WriteSet& writes);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SUBSCRIPTION_CHANGE_H_
