// What rules have given under their limits, in and out of storage.
#ifndef PISTIS_ENGINE_OPERATIONS_LIMIT_USES_H_
#define PISTIS_ENGINE_OPERATIONS_LIMIT_USES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/price_order.h"
#include "engine/rules/event_rules.h"
#include "engine/rules/limits.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// Whose windows, and when.
struct LimitQuestion {
  const Reader& reader;
  ProgramId program;
  // Empty for an anonymous sale.
  MemberId member;
  absl::Time time;
  absl::TimeZone zone;
};

// What the rules have given so far, read as it is asked for. Refers to
// `question.reader`.
[[nodiscard]] LimitBook LimitsInStore(LimitQuestion question);

// For what is left of an order that is worked out once more: a rule may give
// what it gave the order, and one that gave nothing, nothing. Refers to
// `order`.
[[nodiscard]] LimitBook LimitsOfOrder(const store::v1::OrderRecord& order);

// Adds what rules and codes gave an order to their windows: each window counts
// the order once. Returns what the order is to keep of that.
absl::StatusOr<std::vector<store::v1::LimitUseRecord>> ChargeLimits(
    const LimitQuestion& question, const std::vector<LimitedGift>& gifts,
    WriteSet& writes);

// The same of rules on other events.
absl::StatusOr<std::vector<store::v1::LimitUseRecord>> ChargeEventLimits(
    const LimitQuestion& question, const std::vector<EventGifts::Use>& gifts,
    WriteSet& writes);

// Takes uses back from the windows they were added to, all but those of rules
// that issued a code: it stays good, so buying and returning must not bring
// another one.
using LimitUseRecords =
    google::protobuf::RepeatedPtrField<store::v1::LimitUseRecord>;
absl::Status ReturnLimits(const Reader& reader, const ProgramId& program,
                          const LimitUseRecords& uses, WriteSet& writes);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_LIMIT_USES_H_
