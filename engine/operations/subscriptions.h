// The use cases of subscriptions: who is told of a program's events, and from
// where on. What is delivered to them is recorded by deliveries.h.
#ifndef PISTIS_ENGINE_OPERATIONS_SUBSCRIPTIONS_H_
#define PISTIS_ENGINE_OPERATIONS_SUBSCRIPTIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/delivery_records.pb.h"
#include "pistis/v1/event_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/operations/queries.h"
#include "engine/operations/stream_events.h"
#include "engine/storage/store.h"

namespace pistis {

// The most subscriptions of one program.
inline constexpr size_t kMaxSubscriptions = 32;

// A subscription as it is stored: what was asked for, secrets among it, and how
// far it has come.
struct StoredSubscription {
  v1::Subscription subscription;
  store::v1::SubscriptionRecord record;
};

// FIELD_INVALID where `text` is no id of a subscription.
absl::Status CheckSubscriptionId(absl::string_view field,
                                 absl::string_view text);

// NOT_FOUND, or RECORD_CORRUPT.
absl::StatusOr<StoredSubscription> LoadSubscription(
    const Reader& reader, const ProgramId& program,
    absl::string_view subscription);

// Visits those of the program, by id, until it says stop; each is
// RECORD_CORRUPT where it cannot be read.
using SubscriptionVisitor =
    absl::FunctionRef<Visit(absl::StatusOr<StoredSubscription> stored)>;
absl::Status VisitSubscriptions(const Reader& reader, const ProgramId& program,
                                SubscriptionVisitor visitor);

// All of the program, by id. RECORD_CORRUPT.
absl::StatusOr<std::vector<StoredSubscription>> LoadSubscriptions(
    const Reader& reader, const ProgramId& program);

// Up to where it was told.
[[nodiscard]] EventCursor CursorOf(const store::v1::SubscriptionRecord& record);

// As the API shows it: without secrets and passwords.
[[nodiscard]] v1::Subscription ToMessage(const StoredSubscription& stored);

struct CreateSubscriptionInput {
  RequestKeyParts request;
  // With an id, and a webhook with its secret.
  v1::Subscription subscription;
  // Nothing: it is told of what happens from now on.
  std::optional<absl::Time> from;
};
// Makes up what the server chooses: the id and a webhook's secret, where they
// are left empty.
absl::StatusOr<CreateSubscriptionInput> ParseCreateSubscription(
    const v1::CreateSubscriptionRequest& request, absl::Time now);
// The reply has a webhook's secret, and is remembered with it for the
// request_id. Refusals: NOT_FOUND (program), ALREADY_EXISTS (also another one
// that writes to the same file, or that sends mail), LIMIT_REACHED,
// REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Subscription>> CreateSubscription(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateSubscriptionInput& input);

absl::StatusOr<v1::ListSubscriptionsResponse> ListSubscriptions(
    const QueryContext& context, const v1::ListSubscriptionsRequest& request);

struct DeleteSubscriptionInput {
  RequestKeyParts request;
  std::string subscription;
};
absl::StatusOr<DeleteSubscriptionInput> ParseDeleteSubscription(
    const v1::DeleteSubscriptionRequest& request, absl::Time now);
// Drops what waits for it and what was given up. Refusals: NOT_FOUND (program,
// subscription), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Subscription>> DeleteSubscription(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const DeleteSubscriptionInput& input);

struct AckEventsInput {
  ProgramId program;
  std::string subscription;
  EventCursor cursor;
};
absl::StatusOr<AckEventsInput> ParseAckEvents(
    const v1::AckEventsRequest& request, absl::Time now);
// Needs no request_id: done twice it is done once. Refusals: NOT_FOUND,
// FIELD_INVALID (it has a sink; the cursor lies ahead of what happened).
absl::StatusOr<DecidedReply<v1::Subscription>> AckEvents(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const AckEventsInput& input);

struct RotateSecretInput {
  RequestKeyParts request;
  std::string subscription;
  // Empty: the secret before signs no more.
  std::string secret;
};
absl::StatusOr<RotateSecretInput> ParseRotateSecret(
    const v1::RotateSecretRequest& request, absl::Time now);
// Refusals: NOT_FOUND, FIELD_INVALID (it is no webhook), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Subscription>> RotateSecret(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RotateSecretInput& input);

struct ReplayDeadLettersInput {
  RequestKeyParts request;
  std::string subscription;
};
absl::StatusOr<ReplayDeadLettersInput> ParseReplayDeadLetters(
    const v1::ReplayDeadLettersRequest& request, absl::Time now);
// As many of what was given up, earliest first, as may wait beside what waits
// already; the time for their tries begins anew. Refusals: NOT_FOUND,
// REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::ReplayDeadLettersResponse>> ReplayDeadLetters(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ReplayDeadLettersInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SUBSCRIPTIONS_H_
