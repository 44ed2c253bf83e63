// The use case that changes what a subscription is told and where that goes.
#ifndef PISTIS_ENGINE_OPERATIONS_UPDATE_SUBSCRIPTION_H_
#define PISTIS_ENGINE_OPERATIONS_UPDATE_SUBSCRIPTION_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/event_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/storage/store.h"

namespace pistis {

struct UpdateSubscriptionInput {
  RequestKeyParts request;
  // As it is to be, without what stays.
  v1::Subscription subscription;
};
// FIELD_INVALID where a shape is wrong, or where a secret, from_time or what is
// output only is there.
absl::StatusOr<UpdateSubscriptionInput> ParseUpdateSubscription(
    const v1::UpdateSubscriptionRequest& request, absl::Time now);
// Keeps the secrets of a webhook, how far it was told, what was given up, the
// counts, and what waits, which is tried at once and has its time for tries
// begin anew. Refusals: NOT_FOUND (program, subscription), FIELD_INVALID (its
// sink is of another kind; another one writes to the same file; a mail server's
// password is missing where url or user change), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Subscription>> UpdateSubscription(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const UpdateSubscriptionInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_UPDATE_SUBSCRIPTION_H_
