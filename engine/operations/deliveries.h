// The use case RecordDeliveries: how far a subscription's sink was told, and
// what could not be told yet.
#ifndef PISTIS_ENGINE_OPERATIONS_DELIVERIES_H_
#define PISTIS_ENGINE_OPERATIONS_DELIVERIES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/delivery_records.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/stream_events.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// The most deliveries of one subscription that wait for another try.
inline constexpr int64_t kMaxWaitingDeliveries = 1000;
// One that has given up so many is told no more.
inline constexpr int64_t kMaxDeadLetters = 10'000;

// What came of some deliveries. The cursor moves and the counts change with it.
struct DeliveryProgress {
  ProgramId program;
  std::string subscription;
  // Tells it from another one of the same id, made since.
  int64_t create_us = 0;
  // Not before where it stands.
  EventCursor reached;
  // How many more were delivered.
  int64_t delivered = 0;
  // Deliveries that wait, or that were given up (next_us is 0); those that are
  // stored already are replaced.
  std::vector<store::v1::DeliveryRecord> kept;
  // Stored deliveries that were delivered.
  std::vector<EventCursor> done;
  // As in SubscriptionRecord.
  std::string trouble;
  int64_t failing_since_us = 0;
  // A sink that wants no more.
  enum class Sink { kGoesOn, kIsGone } sink = Sink::kGoesOn;
};

// The record as it is then; disabled where the sink is gone, or where more were
// given up and that makes kMaxDeadLetters. NOT_FOUND where the subscription is
// gone.
absl::StatusOr<Decided<store::v1::SubscriptionRecord>> RecordDeliveries(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const DeliveryProgress& progress);

// Which deliveries of a subscription.
enum class DeliveryState { kWaiting, kGivenUp };

// Those of the subscription, in the order of their events, at most `most`.
// RECORD_CORRUPT.
absl::StatusOr<std::vector<store::v1::DeliveryRecord>> LoadDeliveries(
    const Reader& reader, const ProgramId& program,
    absl::string_view subscription, DeliveryState state, size_t most);

[[nodiscard]] DeliveryState StateOf(const store::v1::DeliveryRecord& delivery);

// As if it had never been tried; it is at `now`.
[[nodiscard]] store::v1::DeliveryRecord Anew(store::v1::DeliveryRecord delivery,
                                             absl::Time now);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_DELIVERIES_H_
