// Keys of subscriptions and of what waits for them; keys.h has their grammar.
#ifndef PISTIS_ENGINE_STORAGE_DELIVERY_KEYS_H_
#define PISTIS_ENGINE_STORAGE_DELIVERY_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "engine/base/ids.h"

namespace pistis {

// Empty: where the program's subscriptions begin.
[[nodiscard]] std::string SubscriptionKey(const ProgramId& program,
                                          absl::string_view subscription);
// The end of the program's subscriptions.
[[nodiscard]] std::string SubscriptionsEnd(const ProgramId& program);

// A delivery by everything but table and program.
struct DeliveryName {
  std::string subscription;
  int64_t commit_seq = 0;
  // From 1; at most 2^32 - 1.
  int64_t event = 0;
};
[[nodiscard]] std::string DeliveryKey(const ProgramId& program,
                                      const DeliveryName& name);
// Where a subscription's deliveries begin, and their end.
[[nodiscard]] std::string DeliveriesBegin(const ProgramId& program,
                                          absl::string_view subscription);
[[nodiscard]] std::string DeliveriesEnd(const ProgramId& program,
                                        absl::string_view subscription);
// Nothing where `key` is no DeliveryKey of `program`.
[[nodiscard]] std::optional<DeliveryName> ParseDeliveryKey(
    const ProgramId& program, absl::string_view key);

}  // namespace pistis

#endif  // PISTIS_ENGINE_STORAGE_DELIVERY_KEYS_H_
