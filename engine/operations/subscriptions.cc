#include "engine/operations/subscriptions.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "engine/base/digest.h"
#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/deliveries.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/load_order.h"
#include "engine/operations/subscription_change.h"
#include "engine/operations/subscription_shape.h"
#include "engine/order/order.h"
#include "engine/storage/codec.h"
#include "engine/storage/delivery_keys.h"

namespace pistis {
namespace {

using store::v1::DeliveryRecord;
using store::v1::SubscriptionRecord;
using SubscriptionReply = v1::Subscription;

constexpr int kNewIdBytes = 10;
constexpr int kNewIdSymbols = 16;

std::string NewId() {
  return absl::StrCat("sub-", absl::AsciiStrToLower(Base32Symbols(
                                  RandomBytes(kNewIdBytes), kNewIdSymbols)));
}

// What a request about a subscription names.
template <typename Request>
absl::StatusOr<RequestKeyParts> ParseAbout(const Request& request) {
  PISTIS_ASSIGN_OR_RETURN(RequestKeyParts parts,
                          ParseSubscriptionRequest(request));
  PISTIS_RETURN_IF_ERROR(
      CheckSubscriptionId("subscription_id", request.subscription_id()));
  return parts;
}

absl::StatusOr<StoredSubscription> Parse(absl::string_view bytes) {
  StoredSubscription stored;
  if (!stored.record.ParseFromArray(bytes.data(),
                                    static_cast<int>(bytes.size())) ||
      !stored.subscription.ParseFromString(stored.record.subscription())) {
    return RecordCorrupt("SubscriptionRecord");
  }
  return stored;
}

// What the server says of itself, and nothing the caller may.
void ClearOutput(v1::Subscription& subscription) {
  subscription.clear_cursor();
  subscription.clear_state();
  subscription.clear_trouble();
  subscription.clear_waiting();
  subscription.clear_dead_letters();
  subscription.clear_delivered();
  subscription.clear_create_time();
}

// Whatever their servers are called: both would write to every member.
bool SendsSameMail(const v1::Subscription& one, const v1::Subscription& other) {
  return one.has_smtp() && other.has_smtp();
}

// What the two must not share, in words; empty where they share nothing.
absl::string_view SharedBy(const v1::Subscription& one,
                           const v1::Subscription& other) {
  if (WritesSameFile(one, other)) return ", which writes to that file";
  if (SendsSameMail(one, other)) {
    return ", which sends the same mail; UpdateSubscription moves it to "
           "another server";
  }
  return "";
}

absl::Status CheckRoom(const std::vector<StoredSubscription>& others,
                       const v1::Subscription& subscription) {
  for (const StoredSubscription& other : others) {
    const bool same_id =
        other.subscription.subscription_id() == subscription.subscription_id();
    const absl::string_view shared = SharedBy(other.subscription, subscription);
    if (!same_id && shared.empty()) continue;
    return Refuse(Reason::kAlreadyExists,
                  absl::StrCat("there is subscription ",
                               other.subscription.subscription_id(),
                               same_id ? "" : shared),
                  {{"kind", "subscription"},
                   {"id", other.subscription.subscription_id()}});
  }
  if (others.size() < kMaxSubscriptions) return absl::OkStatus();
  return Refuse(
      Reason::kLimitReached,
      absl::StrCat("the program has ", kMaxSubscriptions,
                   " subscriptions, as many as there may be"),
      {{"limit", "subscriptions"}, {"most", absl::StrCat(kMaxSubscriptions)}});
}

// The subscription with its secret, as its owner alone is shown it.
v1::Subscription ShowSecret(const StoredSubscription& stored) {
  v1::Subscription message = ToMessage(stored);
  if (stored.subscription.has_webhook()) {
    message.mutable_webhook()->set_secret(
        stored.subscription.webhook().secret());
  }
  return message;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> Create(
    const Reader& reader, const CommitContext& context,
    const CreateSubscriptionInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(const std::vector<StoredSubscription> others,
                          LoadSubscriptions(reader, program));
  PISTIS_RETURN_IF_ERROR(CheckRoom(others, input.subscription));
  EventCursor start{.commit_seq = context.commit_seq};
  if (input.from) {
    PISTIS_ASSIGN_OR_RETURN(start, CursorAt(reader, program, *input.from));
  }
  StoredSubscription stored{.subscription = input.subscription, .record = {}};
  stored.record.set_create_us(absl::ToUnixMicros(context.now));
  stored.record.set_commit_seq(start.commit_seq);
  stored.record.set_event(start.index);
  stored.record.set_state(v1::Subscription::ACTIVE);
  DecidedReply<SubscriptionReply> decided{.reply = Encode(ShowSecret(stored)),
                                          .writes = {}};
  PutSubscription(program, stored, decided.writes);
  return decided;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> Delete(
    const Reader& reader, const DeleteSubscriptionInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(
      const StoredSubscription stored,
      LoadSubscription(reader, program, input.subscription));
  DecidedReply<SubscriptionReply> decided{.reply = Encode(ToMessage(stored)),
                                          .writes = {}};
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(DeliveriesBegin(program, input.subscription),
                  DeliveriesEnd(program, input.subscription),
                  [&](absl::string_view key, absl::string_view /*value*/) {
                    decided.writes.Delete(key);
                    return Visit::kContinue;
                  }));
  decided.writes.Delete(SubscriptionKey(program, input.subscription));
  return decided;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> Rotate(
    const Reader& reader, const RotateSecretInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(
      StoredSubscription stored,
      LoadSubscription(reader, program, input.subscription));
  if (!stored.subscription.has_webhook()) {
    return RefuseField("subscription_id",
                       "is no webhook's: nothing else has a secret");
  }
  v1::WebhookSink& webhook = *stored.subscription.mutable_webhook();
  webhook.clear_previous_secret();
  if (!input.secret.empty()) {
    webhook.set_previous_secret(webhook.secret());
    webhook.set_secret(input.secret);
  }
  DecidedReply<SubscriptionReply> decided{.reply = Encode(ShowSecret(stored)),
                                          .writes = {}};
  PutSubscription(program, stored, decided.writes);
  return decided;
}

absl::StatusOr<DecidedReply<v1::ReplayDeadLettersResponse>> Replay(
    const Reader& reader, const CommitContext& context,
    const ReplayDeadLettersInput& input) {
  const ProgramId& program = input.request.program;
  PISTIS_ASSIGN_OR_RETURN(
      StoredSubscription stored,
      LoadSubscription(reader, program, input.subscription));
  const int64_t room =
      std::max(kMaxWaitingDeliveries - stored.record.waiting(), int64_t{0});
  PISTIS_ASSIGN_OR_RETURN(
      std::vector<DeliveryRecord> dead,
      LoadDeliveries(reader, program, input.subscription,
                     DeliveryState::kGivenUp, static_cast<size_t>(room)));
  const auto replayed = static_cast<int64_t>(dead.size());
  PISTIS_ASSIGN_OR_RETURN(std::vector<DeliveryRecord> tried,
                          LoadWaiting(reader, program, input.subscription));
  std::move(dead.begin(), dead.end(), std::back_inserter(tried));
  stored.record = ToldAgain(std::move(stored.record));
  stored.record.set_waiting(stored.record.waiting() + replayed);
  stored.record.set_dead_letters(stored.record.dead_letters() - replayed);
  WriteSet writes;
  TryAnew({program, input.subscription}, std::move(tried), context.now, writes);
  PutSubscription(program, stored, writes);
  v1::ReplayDeadLettersResponse reply;
  reply.set_replayed(replayed);
  *reply.mutable_subscription() = ToMessage(stored);
  return DecidedReply<v1::ReplayDeadLettersResponse>{
      .reply = Encode(reply), .writes = std::move(writes)};
}

}  // namespace

absl::Status CheckSubscriptionId(absl::string_view field,
                                 absl::string_view text) {
  if (IsPlainName(text)) return absl::OkStatus();
  return RefuseField(field,
                     "is no subscription's id; 1 to 64 of a-z, 0-9, '-', '_' "
                     "are wanted");
}

absl::StatusOr<StoredSubscription> LoadSubscription(
    const Reader& reader, const ProgramId& program,
    absl::string_view subscription) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                          reader.Get(SubscriptionKey(program, subscription)));
  if (!bytes) return RefuseNotFound("subscription", subscription);
  return Parse(*bytes);
}

absl::Status VisitSubscriptions(const Reader& reader, const ProgramId& program,
                                SubscriptionVisitor visitor) {
  return reader.Scan(SubscriptionKey(program, ""), SubscriptionsEnd(program),
                     [&](absl::string_view /*key*/, absl::string_view value) {
                       return visitor(Parse(value));
                     });
}

absl::StatusOr<std::vector<StoredSubscription>> LoadSubscriptions(
    const Reader& reader, const ProgramId& program) {
  std::vector<StoredSubscription> all;
  absl::Status parsed;
  PISTIS_RETURN_IF_ERROR(VisitSubscriptions(
      reader, program, [&](absl::StatusOr<StoredSubscription> stored) {
        parsed = stored.status();
        if (!stored.ok()) return Visit::kStop;
        all.push_back(*std::move(stored));
        return Visit::kContinue;
      }));
  PISTIS_RETURN_IF_ERROR(parsed);
  return all;
}

EventCursor CursorOf(const SubscriptionRecord& record) {
  return {.commit_seq = record.commit_seq(), .index = record.event()};
}

v1::Subscription ToMessage(const StoredSubscription& stored) {
  v1::Subscription message = stored.subscription;
  if (message.has_webhook()) {
    message.mutable_webhook()->clear_secret();
    message.mutable_webhook()->clear_previous_secret();
  }
  if (message.has_smtp()) message.mutable_smtp()->clear_password();
  const SubscriptionRecord& record = stored.record;
  message.set_cursor(ToText(CursorOf(record)));
  message.set_state(static_cast<v1::Subscription::State>(record.state()));
  message.set_trouble(record.trouble());
  message.set_waiting(record.waiting());
  message.set_dead_letters(record.dead_letters());
  message.set_delivered(record.delivered());
  *message.mutable_create_time() =
      ToTimestamp(absl::FromUnixMicros(record.create_us()));
  return message;
}

absl::StatusOr<CreateSubscriptionInput> ParseCreateSubscription(
    const v1::CreateSubscriptionRequest& request, absl::Time now) {
  PISTIS_ASSIGN_OR_RETURN(RequestKeyParts parts,
                          ParseSubscriptionRequest(request));
  CreateSubscriptionInput input{.request = std::move(parts),
                                .subscription = request.subscription(),
                                .from = {}};
  v1::Subscription& subscription = input.subscription;
  if (subscription.subscription_id().empty()) {
    subscription.set_subscription_id(NewId());
  }
  PISTIS_RETURN_IF_ERROR(CheckSubscriptionId("subscription.subscription_id",
                                             subscription.subscription_id()));
  PISTIS_RETURN_IF_ERROR(CheckKinds(subscription));
  PISTIS_RETURN_IF_ERROR(CheckSink(subscription));
  if (subscription.has_from_time()) {
    PISTIS_ASSIGN_OR_RETURN(
        input.from,
        ParsePastTime("subscription.from_time", subscription.from_time(), now));
  }
  if (subscription.has_webhook() && subscription.webhook().secret().empty()) {
    subscription.mutable_webhook()->set_secret(NewSecret());
  }
  subscription.DiscardUnknownFields();
  ClearOutput(subscription);
  return input;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> CreateSubscription(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateSubscriptionInput& input) {
  RequestKeyParts request = input.request;
  request.fingerprint = KeyedFingerprint(env.secret, request.fingerprint);
  return OnceOf<SubscriptionReply>(
      reader, context, request, [&] { return Create(reader, context, input); });
}

absl::StatusOr<v1::ListSubscriptionsResponse> ListSubscriptions(
    const QueryContext& context, const v1::ListSubscriptionsRequest& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  const ProgramId program(request.program_id());
  PISTIS_RETURN_IF_ERROR(LoadProgram(context.reader, program).status());
  PISTIS_ASSIGN_OR_RETURN(const std::vector<StoredSubscription> all,
                          LoadSubscriptions(context.reader, program));
  v1::ListSubscriptionsResponse response;
  for (const StoredSubscription& stored : all)
    *response.add_subscriptions() = ToMessage(stored);
  return response;
}

absl::StatusOr<DeleteSubscriptionInput> ParseDeleteSubscription(
    const v1::DeleteSubscriptionRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(RequestKeyParts parts, ParseAbout(request));
  return DeleteSubscriptionInput{.request = std::move(parts),
                                 .subscription = request.subscription_id()};
}

absl::StatusOr<DecidedReply<SubscriptionReply>> DeleteSubscription(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& context, const DeleteSubscriptionInput& input) {
  return OnceOf<SubscriptionReply>(reader, context, input.request,
                                   [&] { return Delete(reader, input); });
}

absl::StatusOr<AckEventsInput> ParseAckEvents(
    const v1::AckEventsRequest& request, absl::Time /*now*/) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(
      CheckSubscriptionId("subscription_id", request.subscription_id()));
  if (request.cursor().empty()) return RefuseField("cursor", "is missing");
  PISTIS_ASSIGN_OR_RETURN(const EventCursor cursor,
                          ParseCursor(request.cursor()));
  return AckEventsInput{.program = ProgramId(request.program_id()),
                        .subscription = request.subscription_id(),
                        .cursor = cursor};
}

absl::StatusOr<DecidedReply<SubscriptionReply>> AckEvents(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& context, const AckEventsInput& input) {
  PISTIS_RETURN_IF_ERROR(LoadProgram(reader, input.program).status());
  PISTIS_ASSIGN_OR_RETURN(
      StoredSubscription stored,
      LoadSubscription(reader, input.program, input.subscription));
  if (stored.subscription.sink_case() != v1::Subscription::SINK_NOT_SET) {
    return RefuseField("subscription_id",
                       "has a sink, and what was delivered to it is known");
  }
  if (input.cursor.commit_seq >= context.commit_seq) {
    return RefuseField("cursor", "lies ahead of all that has happened");
  }
  WriteSet writes;
  if (input.cursor > CursorOf(stored.record)) {
    stored.record.set_commit_seq(input.cursor.commit_seq);
    stored.record.set_event(input.cursor.index);
    PutSubscription(input.program, stored, writes);
  }
  return DecidedReply<SubscriptionReply>{.reply = Encode(ToMessage(stored)),
                                         .writes = std::move(writes)};
}

absl::StatusOr<RotateSecretInput> ParseRotateSecret(
    const v1::RotateSecretRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(RequestKeyParts parts, ParseAbout(request));
  RotateSecretInput input{.request = std::move(parts),
                          .subscription = request.subscription_id(),
                          .secret = request.secret()};
  if (request.retire_previous()) {
    if (input.secret.empty()) return input;
    return RefuseField("secret", "does not go with retire_previous");
  }
  if (input.secret.empty()) input.secret = NewSecret();
  PISTIS_RETURN_IF_ERROR(CheckSecret("secret", input.secret));
  return input;
}

absl::StatusOr<DecidedReply<SubscriptionReply>> RotateSecret(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& context, const RotateSecretInput& input) {
  return OnceOf<SubscriptionReply>(reader, context, input.request,
                                   [&] { return Rotate(reader, input); });
}

absl::StatusOr<ReplayDeadLettersInput> ParseReplayDeadLetters(
    const v1::ReplayDeadLettersRequest& request, absl::Time /*now*/) {
  PISTIS_ASSIGN_OR_RETURN(RequestKeyParts parts, ParseAbout(request));
  return ReplayDeadLettersInput{.request = std::move(parts),
                                .subscription = request.subscription_id()};
}

absl::StatusOr<DecidedReply<v1::ReplayDeadLettersResponse>> ReplayDeadLetters(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& context, const ReplayDeadLettersInput& input) {
  return OnceOf<v1::ReplayDeadLettersResponse>(
      reader, context, input.request,
      [&] { return Replay(reader, context, input); });
}

}  // namespace pistis
