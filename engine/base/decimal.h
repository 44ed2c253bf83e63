// Decimal numbers as people write them, and the currencies they are written in.
#ifndef PISTIS_ENGINE_BASE_DECIMAL_H_
#define PISTIS_ENGINE_BASE_DECIMAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "engine/base/amount.h"

namespace pistis {

// A parsed decimal: (negative ? -1 : 1) * digits / 10^decimals.
struct Decimal {
  bool negative = false;
  int64_t digits = 0;
  int decimals = 0;
};

// Parses "-12.50": an optional minus, digits, optionally a point and at least
// one digit. InvalidArgument where it is not that, has more than `max_decimals`
// decimals that are not zero, or more than 17 digits.
absl::StatusOr<Decimal> ParseDecimal(absl::string_view text, int max_decimals);

// 10^exponent for 0 <= exponent <= 18.
[[nodiscard]] int64_t PowerOfTen(int exponent);

// An ISO 4217 currency: its code and how many decimals its minor unit has
// (EUR 2, JPY 0, KWD 3).
struct Currency {
  std::string code;
  int decimals = 2;

  [[nodiscard]] int64_t minor_per_major() const { return PowerOfTen(decimals); }
};

// The currency of an ISO 4217 code, or nothing where the code is unknown.
std::optional<Currency> FindCurrency(absl::string_view code);

// Parses a non-negative amount such as "20.00" into minor units.
// InvalidArgument where it has more decimals than the currency or is above
// kMaxLineMoney.
absl::StatusOr<Money> ParseMoney(absl::string_view text,
                                 const Currency& currency);

// "1234.50" for Money(123450) in EUR; a minus in front where negative.
std::string FormatMoney(Money amount, const Currency& currency);

}  // namespace pistis

#endif  // PISTIS_ENGINE_BASE_DECIMAL_H_
