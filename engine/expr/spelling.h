// How numbers and times are written and read.
#ifndef PISTIS_ENGINE_EXPR_SPELLING_H_
#define PISTIS_ENGINE_EXPR_SPELLING_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace pistis::expr {

// The shortest text that reads back as `number`: "1.5", "3", "1e+30", "NaN",
// "inf".
[[nodiscard]] std::string DoubleText(double number);
// The same as a literal of CEL: "3.0"; an expression where there is none.
[[nodiscard]] std::string DoubleLiteral(double number);

// RFC 3339 in UTC with as many decimals as it takes: "2009-02-13T23:31:30.5Z".
[[nodiscard]] std::string TimestampText(absl::Time time);
// Nothing where `text` is not a time of RFC 3339, with its offset.
[[nodiscard]] std::optional<absl::Time> ParseTimestamp(absl::string_view text);

// Seconds with as many decimals as it takes: "90.5s".
[[nodiscard]] std::string DurationText(absl::Duration duration);
// Nothing where `text` is not a sign and numbers with units (h, m, s, ms, us,
// ns), as "-1h30m" or "1.5s"; what is too long for a Value is infinite.
[[nodiscard]] std::optional<absl::Duration> ParseDuration(
    absl::string_view text);

// "Europe/Athens", "UTC", or an offset: "+02:00", "-09:30", "02:00". Nothing
// where there is no such zone.
[[nodiscard]] std::optional<absl::TimeZone> ParseZone(absl::string_view text);

}  // namespace pistis::expr

#endif  // PISTIS_ENGINE_EXPR_SPELLING_H_
