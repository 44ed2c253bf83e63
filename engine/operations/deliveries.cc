#include "engine/operations/deliveries.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "pistis/v1/subscription.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/operations/subscriptions.h"
#include "engine/storage/codec.h"
#include "engine/storage/delivery_keys.h"

namespace pistis {
namespace {

using store::v1::DeliveryRecord;
using store::v1::SubscriptionRecord;

std::string KeyOf(const DeliveryProgress& progress, const EventCursor& event) {
  return DeliveryKey(progress.program, {.subscription = progress.subscription,
                                        .commit_seq = event.commit_seq,
                                        .event = event.index});
}

void CountDelivery(const DeliveryRecord& delivery, int64_t change,
                   SubscriptionRecord& record) {
  switch (StateOf(delivery)) {
    case DeliveryState::kWaiting:
      record.set_waiting(record.waiting() + change);
      return;
    case DeliveryState::kGivenUp:
      record.set_dead_letters(record.dead_letters() + change);
      return;
  }
}

// Takes what is stored under `key` out of the counts.
absl::Status Uncount(const Reader& reader, const std::string& key,
                     SubscriptionRecord& record) {
  PISTIS_ASSIGN_OR_RETURN(const std::optional<DeliveryRecord> stored,
                          GetRecord<DeliveryRecord>(reader, key));
  if (stored) CountDelivery(*stored, -1, record);
  return absl::OkStatus();
}

}  // namespace

DeliveryState StateOf(const DeliveryRecord& delivery) {
  return delivery.next_us() == 0 ? DeliveryState::kGivenUp
                                 : DeliveryState::kWaiting;
}

absl::StatusOr<Decided<SubscriptionRecord>> RecordDeliveries(
    const OperationEnv& /*env*/, const Reader& reader,
    const CommitContext& /*context*/, const DeliveryProgress& progress) {
  const std::string key =
      SubscriptionKey(progress.program, progress.subscription);
  PISTIS_ASSIGN_OR_RETURN(std::optional<SubscriptionRecord> record,
                          GetRecord<SubscriptionRecord>(reader, key));
  if (!record || record->create_us() != progress.create_us) {
    return RefuseNotFound("subscription", progress.subscription);
  }
  const int64_t dead_before = record->dead_letters();
  WriteSet writes;
  for (const EventCursor& event : progress.done) {
    PISTIS_RETURN_IF_ERROR(Uncount(reader, KeyOf(progress, event), *record));
    writes.Delete(KeyOf(progress, event));
  }
  for (const DeliveryRecord& delivery : progress.kept) {
    const std::string place =
        KeyOf(progress,
              {.commit_seq = delivery.commit_seq(), .index = delivery.event()});
    PISTIS_RETURN_IF_ERROR(Uncount(reader, place, *record));
    CountDelivery(delivery, 1, *record);
    PutRecord(place, delivery, writes);
  }
  const EventCursor reached = std::max(CursorOf(*record), progress.reached);
  record->set_commit_seq(reached.commit_seq);
  record->set_event(reached.index);
  record->set_delivered(record->delivered() + progress.delivered);
  record->set_trouble(progress.trouble);
  record->set_failing_since_us(progress.failing_since_us);
  const bool has_given_up_more = record->dead_letters() > dead_before;
  if (progress.sink == DeliveryProgress::Sink::kIsGone ||
      (has_given_up_more && record->dead_letters() >= kMaxDeadLetters)) {
    record->set_state(v1::Subscription::DISABLED);
  }
  PutRecord(key, *record, writes);
  return Decided<SubscriptionRecord>{.reply = *std::move(record),
                                     .writes = std::move(writes)};
}

absl::StatusOr<std::vector<DeliveryRecord>> LoadDeliveries(
    const Reader& reader, const ProgramId& program,
    absl::string_view subscription, DeliveryState state, size_t most) {
  std::vector<DeliveryRecord> deliveries;
  bool readable = true;
  PISTIS_RETURN_IF_ERROR(
      reader.Scan(DeliveriesBegin(program, subscription),
                  DeliveriesEnd(program, subscription),
                  [&](absl::string_view /*key*/, absl::string_view value) {
                    if (deliveries.size() >= most) return Visit::kStop;
                    DeliveryRecord delivery;
                    readable = delivery.ParseFromArray(
                        value.data(), static_cast<int>(value.size()));
                    if (!readable) return Visit::kStop;
                    if (StateOf(delivery) == state) {
                      deliveries.push_back(std::move(delivery));
                    }
                    return Visit::kContinue;
                  }));
  if (!readable) return RecordCorrupt("DeliveryRecord");
  return deliveries;
}

DeliveryRecord Anew(DeliveryRecord delivery, absl::Time now) {
  delivery.clear_attempts();
  delivery.clear_first_us();
  delivery.set_next_us(absl::ToUnixMicros(now));
  return delivery;
}

}  // namespace pistis
