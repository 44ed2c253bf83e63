#include "tests/model/naive_policy.h"

#include <initializer_list>

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
      return absl::StrCat(
          "  expire: {end_of: month, grace: ", policy.expiry_days, rest);
    case Policy::Expiry::kIdle:
      return absl::StrCat("  expire: {after_inactivity: ", policy.expiry_days,
                          rest);
  }
  return "";
}

absl::TimeZone Zone() {
  static const absl::TimeZone zone = Athens();
  return zone;
}

}  // namespace

Policy RandomPolicy(std::mt19937_64& random) {
  const auto one_of = [&](std::initializer_list<int> values) {
    return *(values.begin() + std::uniform_int_distribution<size_t>(
                                  0, values.size() - 1)(random));
  };
  Policy policy;
  policy.expiry = static_cast<Policy::Expiry>(one_of({0, 1, 2, 3}));
  policy.expiry_days = one_of({1, 2, 9, 20});
  // The rulebook's grace stands beside an expiry only.
  if (policy.expiry != Policy::Expiry::kNever) {
    policy.refund_grace_days = one_of({1, 3, 30});
  }
  policy.pending_days = one_of({0, 0, 1, 3});
  policy.forgive = one_of({0, 1}) == 1;
  policy.recompute = one_of({0, 1}) == 1;
  policy.cents_per_point = one_of({1, 2, 7});
  policy.minimum = one_of({1, 5, 10});
  policy.step = one_of({1, 3, 5});
  policy.max_share_percent = one_of({20, 50, 100});
  policy.bonus = one_of({1, 7, 30});
  policy.bonus_from_minor = one_of({1, 1000, 2000});
  return policy;
}

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
  return absl::FromCivil(absl::ToCivilDay(at, Zone()) + days + 1, Zone());
}

absl::Time MonthEnd(absl::Time at) {
  return absl::FromCivil(absl::ToCivilMonth(at, Zone()) + 1, Zone());
}

}  // namespace pistis
