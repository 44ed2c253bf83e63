#include "engine/base/rate.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "engine/base/decimal.h"

namespace pistis {
namespace {

// Results were bounded at the door; one that does not fit is a broken
// invariant, never a wrap.
int64_t Narrow(Int128 value) {
  if (value > std::numeric_limits<int64_t>::max() ||
      value < std::numeric_limits<int64_t>::min()) {
    std::abort();
  }
  return static_cast<int64_t>(value);
}

int64_t Saturate(Int128 value) {
  return static_cast<int64_t>(
      std::clamp<Int128>(value, std::numeric_limits<int64_t>::min(),
                         std::numeric_limits<int64_t>::max()));
}

constexpr int kMaxDecimals = 9;
constexpr int kPercentShift = 2;
constexpr int64_t kMaxRate = 1'000'000;

}  // namespace

absl::StatusOr<Rate> Rate::Parse(absl::string_view text) {
  const bool percent = absl::ConsumeSuffix(&text, "%");
  const int max_decimals =
      percent ? kMaxDecimals - kPercentShift : kMaxDecimals;
  absl::StatusOr<Decimal> decimal = ParseDecimal(text, max_decimals);
  if (!decimal.ok()) return decimal.status();
  if (decimal->negative) {
    return absl::InvalidArgumentError("a rate must not be negative");
  }
  const int decimals = decimal->decimals + (percent ? kPercentShift : 0);
  const int64_t denominator = PowerOfTen(decimals);
  if (decimal->digits >= kMaxRate * denominator) {
    return absl::InvalidArgumentError("a rate must be below 1000000");
  }
  return Rate(decimal->digits, denominator);
}

Money Rate::OfHalfUp(Money amount) const {
  return Money(MulDivHalfUp(amount.value(), numerator_, denominator_));
}

Money Rate::OfDown(Money amount) const {
  return Money(MulDivDown(amount.value(), numerator_, denominator_));
}

Money Rate::WorthOf(Points points, int64_t minor_per_major) const {
  return Money(Saturate(FloorDiv(
      Int128{points.value()} * numerator_ * minor_per_major, denominator_)));
}

Points Rate::PointsWorthAtMost(Money worth, int64_t minor_per_major) const {
  // floor(p * n * m / d) <= w  <=>  p * n * m < (w + 1) * d
  const Int128 limit = (Int128{worth.value()} + 1) * denominator_ - 1;
  return Points(
      Saturate(FloorDiv(limit, Int128{numerator_} * minor_per_major)));
}

int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<int64_t>::min()
               : std::numeric_limits<int64_t>::max();
}

int64_t MulDivDown(int64_t amount, int64_t part, int64_t whole) {
  return Narrow(FloorDiv(Int128{amount} * part, whole));
}

int64_t MulDivUp(int64_t amount, int64_t part, int64_t whole) {
  return Narrow(CeilDiv(Int128{amount} * part, whole));
}

int64_t MulDivHalfUp(int64_t amount, int64_t part, int64_t whole) {
  return Narrow(FloorDiv(Int128{amount} * part * 2 + whole, Int128{whole} * 2));
}

}  // namespace pistis
