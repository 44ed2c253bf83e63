#include "tests/model/naive_policy.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

#include "engine/operations/testing.h"

namespace pistis {
namespace {

std::string ExpireOf(const Policy& policy) {
  const std::string rest =
      absl::StrCat("d, refund_grace: ", policy.refund_grace_days, "d}\n");
  switch (policy.expiry) {
    case Policy::Expiry::kNever:
      return "";
    case Policy::Expiry::kAfter:
      return absl::StrCat("  expire: {after: ", policy.expiry_days, rest);
    case Policy::Expiry::kEndOfMonth:
      return absl::StrCat("  expire: {end_of: month, grace: ",
                          policy.expiry_days, rest);
    case Policy::Expiry::kIdle:
      return absl::StrCat("  expire: {after_inactivity: ", policy.expiry_days,
                          rest);
  }
  return "";
}

}  // namespace

std::string YamlOf(const Policy& policy) {
  return absl::StrCat(
      "points:\n  value: \"0.0", policy.cents_per_point,
      "\"\n  redeem: {minimum: ", policy.minimum, ", step: ", policy.step,
      ", max_share: \"", policy.max_share_percent, "%\"}\n", ExpireOf(policy),
      policy.pending_days == 0
          ? ""
          : absl::StrCat("  pending: {for: ", policy.pending_days, "d}\n"),
      "  refund_shortfall: ", policy.forgive ? "forgive" : "negative",
      "\n  on_return: ", policy.recompute ? "recompute" : "proportional",
      "\nrules:\n  - {id: base, earn: {points: 1, per: \"1.00\"}}\n",
      "  - {id: big, when: 'order.subtotal >= amount(\"",
      absl::StrFormat("%d.%02d", policy.bonus_from_minor / 100,
                      policy.bonus_from_minor % 100),
      "\")', earn: {points: ", policy.bonus, "}}\n");
}

absl::Time DayEnd(absl::Time at, int days) {
  static const absl::TimeZone zone = Athens();
  return absl::FromCivil(absl::ToCivilDay(at, zone) + days + 1, zone);
}

}  // namespace pistis
