// What sets a rule off, and what conditions may ask of it as `event`.
#ifndef PISTIS_ENGINE_RULEBOOK_TRIGGERS_H_
#define PISTIS_ENGINE_RULEBOOK_TRIGGERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/expr/type.h"

namespace pistis {

enum class Trigger {
  kOrderCommitted,
  kOrderRefunded,
  kMemberJoined,
  kMemberBirthday,
  kMemberAnniversary,
  kMemberYears,
  kTierChanged,
  kPointsExpiring,
  kReferralQualified,
  kCaseResolved,
  // An event of the merchant's own.
  kActivity,
};
inline constexpr int kTriggers = 11;

// "member.birthday"; empty for kActivity, whose rules have names of their own.
[[nodiscard]] absl::string_view TriggerName(Trigger trigger);

// What is wrong with the name of a merchant's own event, as a sentence's end;
// empty: nothing is.
[[nodiscard]] std::string ActivityNameProblem(absl::string_view name);

// All fields that `event` has of some trigger.
enum class EventField {
  // string: as the rule has it under `on`.
  kName,
  // timestamp.
  kTime,
  // map(string, string): as RecordActivity told them; of a case its category,
  // severity and store.
  kAttributes,
  // int: that the birthday makes the member old; that the member has been one,
  // or a buyer.
  kYears,
  // int: how many are about to expire.
  kPoints,
  // timestamp: when they do.
  kExpires,
  // string: empty for none.
  kOldTier,
  kNewTier,
  // bool: it is a higher one.
  kUp,
  // string.
  kOrderId,
  // int: minor units given back.
  kRefundMinor,
  // bool: nothing is left of the order.
  kWhole,
  // string: "referrer" or "friend".
  kRole,
  // int: friends of the referrer who qualified, this one counted.
  kFriends,
};

// The fields of `event` of a trigger, in the order of the slots of EventType.
[[nodiscard]] const std::vector<EventField>& EventFields(Trigger trigger);

// `event` of a trigger. Lives as long as the process.
[[nodiscard]] const std::shared_ptr<const expr::ObjectType>& EventType(
    Trigger trigger);

}  // namespace pistis

#endif  // PISTIS_ENGINE_RULEBOOK_TRIGGERS_H_
