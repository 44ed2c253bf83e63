#include "engine/base/decimal.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

namespace pistis {
namespace {

constexpr int kMaxDigits = 17;

// ISO 4217 list one: the active codes of national currencies, by the number of
// decimals of the minor unit. https://www.iso.org/iso-4217-currency-codes.html
constexpr absl::string_view kNoDecimals =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
constexpr absl::string_view kThreeDecimals = "BHD IQD JOD KWD LYD OMR TND ";
constexpr absl::string_view kTwoDecimals =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL "
    "BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP "
    "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
    "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN "
    "PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
    "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED "
    "VES WST XCD YER ZAR ZMW ZWG ";

bool Lists(absl::string_view codes, absl::string_view code) {
  const size_t at = codes.find(code);
  return at != absl::string_view::npos && at % 4 == 0;
}

}  // namespace

absl::StatusOr<Decimal> ParseDecimal(absl::string_view text, int max_decimals) {
  Decimal decimal;
  decimal.negative = absl::ConsumePrefix(&text, "-");
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction;
  if (point != absl::string_view::npos) {
    fraction = text.substr(point + 1);
    if (fraction.empty()) {
      return absl::InvalidArgumentError("digits must follow the decimal point");
    }
  }
  while (static_cast<int>(fraction.size()) > max_decimals &&
         absl::EndsWith(fraction, "0")) {
    fraction.remove_suffix(1);
  }
  const std::string digits = absl::StrCat(whole, fraction);
  if (whole.empty() ||
      !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) {
    return absl::InvalidArgumentError(
        "a decimal number such as 12.50 is wanted");
  }
  if (static_cast<int>(fraction.size()) > max_decimals) {
    return absl::InvalidArgumentError(
        absl::StrCat("at most ", max_decimals, " decimals are allowed"));
  }
  if (digits.size() > kMaxDigits) {
    return absl::InvalidArgumentError("the number has too many digits");
  }
  for (const char digit : digits) {
    decimal.digits = decimal.digits * 10 + (digit - '0');
  }
  decimal.decimals = static_cast<int>(fraction.size());
  return decimal;
}

int64_t PowerOfTen(int exponent) {
  int64_t power = 1;
  for (int i = 0; i < exponent; ++i)
    power *= 10;
  return power;
}

std::optional<Currency> FindCurrency(absl::string_view code) {
  if (code.size() != 3) return std::nullopt;
  const std::string name(code);
  if (Lists(kTwoDecimals, code)) return Currency{name, 2};
  if (Lists(kNoDecimals, code)) return Currency{name, 0};
  if (Lists(kThreeDecimals, code)) return Currency{name, 3};
  return std::nullopt;
}

absl::StatusOr<Money> ParseMoney(absl::string_view text,
                                 const Currency& currency) {
  absl::StatusOr<Decimal> decimal = ParseDecimal(text, currency.decimals);
  if (!decimal.ok()) return decimal.status();
  if (decimal->negative) {
    return absl::InvalidArgumentError("the amount must not be negative");
  }
  const int64_t scale = PowerOfTen(currency.decimals - decimal->decimals);
  if (decimal->digits > kMaxLineMoney.value() / scale) {
    return absl::InvalidArgumentError("the amount is too large");
  }
  return Money(decimal->digits * scale);
}

std::string FormatMoney(Money amount, const Currency& currency) {
  const uint64_t magnitude = amount.is_negative()
                                 ? 0 - static_cast<uint64_t>(amount.value())
                                 : static_cast<uint64_t>(amount.value());
  const char* sign = amount.is_negative() ? "-" : "";
  if (currency.decimals == 0) return absl::StrCat(sign, magnitude);
  const auto unit = static_cast<uint64_t>(currency.minor_per_major());
  return absl::StrFormat("%s%u.%0*u", sign, magnitude / unit, currency.decimals,
                         magnitude % unit);
}

}  // namespace pistis
