// What the model knows of a rulebook, and the rulebook that says so.
#ifndef PISTIS_TESTS_MODEL_NAIVE_POLICY_H_
#define PISTIS_TESTS_MODEL_NAIVE_POLICY_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/time/time.h"

namespace pistis {

// Every rulebook gives a point per full 1.00, and `bonus` points from a
// subtotal of `bonus_from_minor` on.
struct Policy {
  enum class Expiry { kNever, kAfter, kEndOfMonth, kIdle };
  Expiry expiry = Expiry::kNever;
  // Days of kAfter and kIdle; of kEndOfMonth, those after the month.
  int expiry_days = 0;
  int refund_grace_days = 30;
  // 0: at once.
  int pending_days = 0;
  bool forgive = false;
  bool recompute = false;
  int64_t cents_per_point = 1;
  int64_t minimum = 1;
  int64_t step = 1;
  int64_t max_share_percent = 100;
  int64_t bonus = 0;
  int64_t bonus_from_minor = 0;
};

// One of all kinds, with small numbers, so that limits are met often.
[[nodiscard]] Policy RandomPolicy(std::mt19937_64& random);

// Without its first three lines, as OpenWith takes it.
[[nodiscard]] std::string YamlOf(const Policy& policy);

// The end of the day that lies `days` days after `at`, in Athens.
[[nodiscard]] absl::Time DayEnd(absl::Time at, int days);
// The end of its month.
[[nodiscard]] absl::Time MonthEnd(absl::Time at);

}  // namespace pistis

#endif  // PISTIS_TESTS_MODEL_NAIVE_POLICY_H_
