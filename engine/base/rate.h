// Exact percentages and decimals. Nothing here is floating point.
#ifndef PISTIS_ENGINE_BASE_RATE_H_
#define PISTIS_ENGINE_BASE_RATE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/amount.h"

namespace pistis {

// A 128-bit signed integer for products of 64-bit amounts.
__extension__ using Int128 = __int128;

// Floor and ceiling of a / b for b > 0, also where a is negative.
[[nodiscard]] constexpr Int128 FloorDiv(Int128 a, Int128 b) {
  // Amounts of sales fit, and a division of 128 bits takes ten times as long.
  const auto short_a = static_cast<int64_t>(a);
  const auto short_b = static_cast<int64_t>(b);
  if (short_a == a && short_b == b) {
    const int64_t quotient = short_a / short_b;
    return short_a % short_b < 0 ? quotient - 1 : quotient;
  }
  const Int128 quotient = a / b;
  return (a % b < 0) ? quotient - 1 : quotient;
}
[[nodiscard]] constexpr Int128 CeilDiv(Int128 a, Int128 b) {
  return -FloorDiv(-a, b);
}

// A non-negative exact rational with a power of ten below it. Value type.
class Rate {
 public:
  constexpr Rate() = default;
  constexpr Rate(int64_t numerator, int64_t denominator)
      : numerator_(numerator), denominator_(denominator) {}

  // Parses "12.5%" or "0.125": digits, one point, at most nine decimals (seven
  // in a percentage), below 1,000,000. InvalidArgument says what is wrong.
  static absl::StatusOr<Rate> Parse(absl::string_view text);

  [[nodiscard]] constexpr int64_t numerator() const { return numerator_; }
  [[nodiscard]] constexpr int64_t denominator() const { return denominator_; }

  // The rate of `amount`, rounded half up (towards plus infinity).
  [[nodiscard]] Money OfHalfUp(Money amount) const;
  // The rate of `amount`, rounded down; what a cap of this rate allows.
  [[nodiscard]] Money OfDown(Money amount) const;
  // The worth of `points` where one point pays this much of a major unit and a
  // major unit has `minor_per_major` minor ones; rounded down, and no more than
  // 64 bits hold.
  [[nodiscard]] Money WorthOf(Points points, int64_t minor_per_major) const;
  // The most points whose worth is at most `worth`, and no more than 64 bits
  // hold. The rate must be positive.
  [[nodiscard]] Points PointsWorthAtMost(Money worth,
                                         int64_t minor_per_major) const;

  [[nodiscard]] constexpr bool is_zero() const { return numerator_ == 0; }

  // True where this rate is at most 1 (100 %).
  [[nodiscard]] constexpr bool is_at_most_one() const {
    return numerator_ <= denominator_;
  }

 private:
  int64_t numerator_ = 0;
  int64_t denominator_ = 1;
};

// a + b, or the nearest value that 64 bits hold.
[[nodiscard]] int64_t SaturatingAdd(int64_t a, int64_t b);

// `part` of `whole`-ths of `amount`, rounded down: amount * part / whole.
// Requires whole > 0 and a result that fits 64 bits.
[[nodiscard]] int64_t MulDivDown(int64_t amount, int64_t part, int64_t whole);
// The same, rounded up.
[[nodiscard]] int64_t MulDivUp(int64_t amount, int64_t part, int64_t whole);
// The same, rounded half up.
[[nodiscard]] int64_t MulDivHalfUp(int64_t amount, int64_t part, int64_t whole);

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_RATE_H_
