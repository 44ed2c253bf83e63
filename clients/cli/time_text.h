// Times as people type them.
#ifndef PISTIS_CLIENTS_CLI_TIME_TEXT_H_
#define PISTIS_CLIENTS_CLI_TIME_TEXT_H_

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace pistis {

// What ParseTimeText takes, for the help of a command.
inline constexpr char kTimeForms[] =
    "2026-01-31 (its beginning), \"2026-01-31 18:30\" on the program's clock, "
    "2026-01-31T18:30:00Z, or from now: +30d, +2h, -7d";

// The time that `text` means: a day's beginning or a minute in `zone`, RFC 3339
// with an offset, or so many days (of 24 hours), hours, minutes or seconds
// after or before `now`. Nothing for other text. Whole seconds.
[[nodiscard]] std::optional<absl::Time> ParseTimeText(const std::string& text,
                                                      absl::TimeZone zone,
                                                      absl::Time now);

}  // namespace pistis

#endif  // PISTIS_CLIENTS_CLI_TIME_TEXT_H_
