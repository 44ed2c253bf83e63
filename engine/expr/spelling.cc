#include "engine/expr/spelling.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace pistis::expr {
namespace {

constexpr size_t kMaxZoneBytes = 40;
constexpr size_t kMaxDecimals = 9;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

bool IsDigit(char byte) {
  return absl::ascii_isdigit(static_cast<unsigned char>(byte));
}

// Whether `text` has a digit where `shape` has a 0, and else the same.
bool HasShape(absl::string_view text, absl::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(),
                    [](char byte, char wanted) {
                      return wanted == '0' ? IsDigit(byte) : byte == wanted;
                    });
}

// The number of `length` digits at `from`.
int NumberAt(absl::string_view text, size_t from, size_t length) {
  int number = 0;
  for (const char digit : text.substr(from, length))
    number = number * 10 + (digit - '0');
  return number;
}

// "hh:mm" with or without a sign, as seconds east of UTC.
std::optional<int> ParseOffset(absl::string_view text) {
  const bool west = absl::ConsumePrefix(&text, "-");
  if (!west) absl::ConsumePrefix(&text, "+");
  if (!HasShape(text, "00:00")) return std::nullopt;
  const int hours = NumberAt(text, 0, 2);
  const int minutes = NumberAt(text, 3, 2);
  if (hours > 23 || minutes > 59) return std::nullopt;
  const int seconds = (hours * 60 + minutes) * 60;
  return west ? -seconds : seconds;
}

// Names as the time zone database has them; nothing that leads elsewhere on
// the disk.
bool IsZoneName(absl::string_view name) {
  const auto is_part = [](char byte) {
    return absl::ascii_isalnum(static_cast<unsigned char>(byte)) ||
           absl::StrContains("/_+-", byte);
  };
  return !name.empty() && name.size() <= kMaxZoneBytes &&
         absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), is_part);
}

// How many digits stand at the front of `text`.
size_t CountDigits(absl::string_view text) {
  const auto* end = std::find_if_not(text.begin(), text.end(), IsDigit);
  return static_cast<size_t>(end - text.begin());
}

// What `digits` mean behind a decimal point.
absl::Duration Fraction(absl::string_view digits) {
  int64_t nanos = NumberAt(digits, 0, digits.size());
  for (size_t i = digits.size(); i < kMaxDecimals; ++i)
    nanos *= 10;
  return absl::Nanoseconds(nanos);
}

// The offset that ends a timestamp.
std::optional<int> ParseFinalOffset(absl::string_view text) {
  if (text == "Z") return 0;
  if (text.empty() || IsDigit(text[0])) return std::nullopt;
  return ParseOffset(text);
}

}  // namespace

std::string DoubleText(double number) {
  if (std::isnan(number)) return "NaN";
  std::array<char, 32> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), written.ptr};
}

std::string DoubleLiteral(double number) {
  if (!std::isfinite(number)) {
    return absl::StrCat("double(\"", DoubleText(number), "\")");
  }
  std::string text = DoubleText(number);
  const bool reads_as_int = text.find_first_of(".e") == std::string::npos;
  return reads_as_int ? text + ".0" : text;
}

std::string TimestampText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::optional<absl::Time> ParseTimestamp(absl::string_view text) {
  constexpr absl::string_view kShape = "0000-00-00T00:00:00";
  if (!HasShape(text.substr(0, kShape.size()), kShape)) return std::nullopt;
  const absl::CivilSecond civil(NumberAt(text, 0, 4), NumberAt(text, 5, 2),
                                NumberAt(text, 8, 2), NumberAt(text, 11, 2),
                                NumberAt(text, 14, 2), NumberAt(text, 17, 2));
  // A civil time carries over what is out of range.
  const bool exists = civil.month() == NumberAt(text, 5, 2) &&
                      civil.day() == NumberAt(text, 8, 2) &&
                      civil.hour() == NumberAt(text, 11, 2) &&
                      civil.minute() == NumberAt(text, 14, 2) &&
                      civil.second() == NumberAt(text, 17, 2);
  absl::string_view rest = text.substr(kShape.size());
  absl::string_view decimals;
  if (absl::ConsumePrefix(&rest, ".")) {
    decimals = rest.substr(0, CountDigits(rest));
    if (decimals.empty() || decimals.size() > kMaxDecimals) return std::nullopt;
    rest.remove_prefix(decimals.size());
  }
  const std::optional<int> offset = ParseFinalOffset(rest);
  if (!exists || !offset.has_value()) return std::nullopt;
  return absl::FromCivil(civil, absl::UTCTimeZone()) + Fraction(decimals) -
         absl::Seconds(*offset);
}

std::string DurationText(absl::Duration duration) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  const int64_t seconds = nanos / kNanosPerSecond;
  const int64_t rest = nanos % kNanosPerSecond;
  std::string text = absl::StrCat(nanos < 0 ? "-" : "", std::abs(seconds));
  if (rest != 0) {
    std::string decimals = absl::StrCat(std::abs(rest));
    decimals.insert(0, kMaxDecimals - decimals.size(), '0');
    decimals.erase(decimals.find_last_not_of('0') + 1);
    absl::StrAppend(&text, ".", decimals);
  }
  return text + "s";
}

std::optional<absl::Duration> ParseDuration(absl::string_view text) {
  absl::Duration duration;
  const bool finite_form =
      !text.empty() && (IsDigit(text.back()) || text.back() == 's' ||
                        text.back() == 'm' || text.back() == 'h');
  if (!finite_form || !absl::ParseDuration(text, &duration)) {
    return std::nullopt;
  }
  return duration;
}

std::optional<absl::TimeZone> ParseZone(absl::string_view text) {
  if (const auto offset = ParseOffset(text); offset.has_value()) {
    return absl::FixedTimeZone(*offset);
  }
  absl::TimeZone zone;
  if (!IsZoneName(text) || !absl::LoadTimeZone(text, &zone)) {
    return std::nullopt;
  }
  return zone;
}

}  // namespace pistis::expr
