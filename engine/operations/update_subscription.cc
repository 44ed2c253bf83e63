#include "engine/operations/update_subscription.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/subscription_change.h"
#include "engine/operations/subscription_shape.h"
#include "engine/operations/subscriptions.h"

namespace pistis {
namespace {

using SubscriptionReply = v1::Subscription;

// What the caller may set: all but secrets, which a sink has.
bool MaySet(const google::protobuf::FieldDescriptor& field) {
  return field.containing_oneof() != nullptr ||
         field.number() == v1::Subscription::kSubscriptionIdFieldNumber ||
         field.number() == v1::Subscription::kKindsFieldNumber;
}

absl::Status CheckWhatStays(const v1::Subscription& subscription) {
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  subscription.GetReflection()->ListFields(subscription, &fields);
  for (const google::protobuf::FieldDescriptor* field : fields) {
    if (MaySet(*field)) continue;
    return RefuseField(absl::StrCat("subscription.", field->name()),
                       "cannot be changed; leave it out");
  }
  const v1::WebhookSink& webhook = subscription.webhook();
  if (!webhook.secret().empty()) {
    return RefuseField("subscription.webhook.secret",
                       "is changed by RotateSecret alone; leave it out");
  }
  if (!webhook.previous_secret().empty()) {
    return RefuseField("subscription.webhook.previous_secret",
                       "is changed by RotateSecret alone; leave it out");
  }
  return absl::OkStatus();
}

absl::Status CheckFileOf(const v1::Subscription& subscription,
                         const ProgramId& program, const Reader& reader) {
  PISTIS_ASSIGN_OR_RETURN(const std::vector<StoredSubscription> all,
                          LoadSubscriptions(reader, program));
  for (const StoredSubscription& other : all) {
    const std::string& id = other.subscription.subscription_id();
    if (id == subscription.subscription_id() ||
        !WritesSameFile(other.subscription, subscription)) {
      continue;
    }
    return RefuseField("subscription.file.name",
                       absl::StrCat("is what subscription ", id, " writes to"));
  }
  return absl::OkStatus();
}

// A password goes to the server and user that it was told for alone.
absl::StatusOr<std::string> PasswordOf(const v1::SmtpSink& before,
                                       const v1::SmtpSink& after) {
  if (!after.password().empty() || before.password().empty()) {
    return after.password();
  }
  if (after.user().empty()) return "";
  if (after.url() == before.url() && after.user() == before.user()) {
    return before.password();
  }
  return RefuseField("subscription.smtp.password",
                     "is missing: the one before was told for another url or "
                     "user");
}

// The subscription as it was asked for, with what stays of the one before.
absl::StatusOr<v1::Subscription> Changed(const v1::Subscription& before,
                                         v1::Subscription after) {
  if (after.sink_case() != before.sink_case()) {
    return RefuseField("subscription",
                       "has a sink of another kind than before; create "
                       "another subscription for that");
  }
  if (before.has_from_time()) {
    *after.mutable_from_time() = before.from_time();
  }
  if (before.has_webhook()) {
    v1::WebhookSink& webhook = *after.mutable_webhook();
    webhook.set_secret(before.webhook().secret());
    webhook.set_previous_secret(before.webhook().previous_secret());
  }
  if (before.has_smtp()) {
    PISTIS_ASSIGN_OR_RETURN(*after.mutable_smtp()->mutable_password(),
                            PasswordOf(before.smtp(), after.smtp()));
  }
  return after;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> Update(
    const Reader& reader, const CommitContext& context,
    const UpdateSubscriptionInput& input) {
  const ProgramId& program = input.request.program;
  const std::string& id = input.subscription.subscription_id();
  PISTIS_ASSIGN_OR_RETURN(StoredSubscription stored,
                          LoadSubscription(reader, program, id));
  PISTIS_ASSIGN_OR_RETURN(stored.subscription,
                          Changed(stored.subscription, input.subscription));
  PISTIS_RETURN_IF_ERROR(CheckFileOf(stored.subscription, program, reader));
  stored.record = ToldAgain(std::move(stored.record));
  PISTIS_ASSIGN_OR_RETURN(std::vector<store::v1::DeliveryRecord> waiting,
                          LoadWaiting(reader, program, id));
  DecidedReply<SubscriptionReply> decided{.reply = Encode(ToMessage(stored)),
                                          .writes = {}};
  TryAnew({program, id}, std::move(waiting), context.now, decided.writes);
  PutSubscription(program, stored, decided.writes);
  return decided;
}

}  // namespace

absl::StatusOr<UpdateSubscriptionInput> ParseUpdateSubscription(
    const v1::UpdateSubscriptionRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(RequestKeyParts parts,
                          ParseSubscriptionRequest(request));
  UpdateSubscriptionInput input{.request = std::move(parts),
                                .subscription = request.subscription()};
  v1::Subscription& subscription = input.subscription;
  subscription.DiscardUnknownFields();
  PISTIS_RETURN_IF_ERROR(CheckSubscriptionId("subscription.subscription_id",
                                             subscription.subscription_id()));
  PISTIS_RETURN_IF_ERROR(CheckWhatStays(subscription));
  PISTIS_RETURN_IF_ERROR(CheckKinds(subscription));
  PISTIS_RETURN_IF_ERROR(CheckSink(subscription));
  return input;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> UpdateSubscription(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const UpdateSubscriptionInput& input) {
  RequestKeyParts request = input.request;
  request.fingerprint = KeyedFingerprint(env.secret, request.fingerprint);
  return OnceOf<SubscriptionReply>(
      reader, context, request, [&] { return Update(reader, context, input); });
}

}  // namespace pistis
