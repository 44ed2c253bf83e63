#include "engine/operations/subscription_change.h"

#include "engine/operations/deliveries.h"
#include "engine/storage/codec.h"
#include "engine/storage/delivery_keys.h"

namespace pistis {

using store::v1::DeliveryRecord;
using store::v1::SubscriptionRecord;

void PutSubscription(const ProgramId& program, const StoredSubscription& stored,
                     WriteSet& writes) {
  SubscriptionRecord record = stored.record;
  record.set_subscription(stored.subscription.SerializeAsString());
  PutRecord(SubscriptionKey(program, stored.subscription.subscription_id()),
            record, writes);
}

SubscriptionRecord ToldAgain(SubscriptionRecord record) {
  record.set_state(v1::Subscription::ACTIVE);
  record.clear_trouble();
  record.clear_failing_since_us();
  return record;
}

absl::StatusOr<std::vector<DeliveryRecord>> LoadWaiting(
    const Reader& reader, const ProgramId& program,
    absl::string_view subscription) {
  return LoadDeliveries(reader, program, subscription, DeliveryState::kWaiting,
                        static_cast<size_t>(kMaxWaitingDeliveries));
}

void TryAnew(const DeliveryOwner& owner, std::vector<DeliveryRecord> deliveries,
             absl::Time now, WriteSet& writes) {
  for (DeliveryRecord& delivery : deliveries) {
    delivery = Anew(std::move(delivery), now);
    PutRecord(DeliveryKey(owner.program,
                          {.subscription = std::string(owner.subscription),
                           .commit_seq = delivery.commit_seq(),
                           .event = delivery.event()}),
              delivery, writes);
  }
}

}  // namespace pistis
