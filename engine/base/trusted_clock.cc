#include "engine/base/trusted_clock.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace pistis {
namespace {

constexpr char kFormat[] = "%Y-%m-%dT%H:%M:%SZ";

}  // namespace

std::string ToText(const ClockSuspicion& suspicion) {
  const bool ahead = suspicion.wall > suspicion.expected;
  const absl::Duration distance =
      absl::AbsDuration(suspicion.wall - suspicion.expected);
  const absl::TimeZone utc = absl::UTCTimeZone();
  return absl::StrCat(
      "the clock says ", absl::FormatTime(kFormat, suspicion.wall, utc), ", ",
      absl::FormatDuration(absl::Trunc(distance, absl::Seconds(1))),
      ahead ? " ahead of " : " behind ",
      absl::FormatTime(kFormat, suspicion.expected, utc),
      ", what it should say; at most ", absl::FormatDuration(suspicion.bound),
      " is believed");
}

TrustedClock::TrustedClock(const Clock& wall, const SteadyClock& steady,
                           const TrustedClockOptions& options)
    : wall_(wall),
      steady_(steady),
      max_jump_(options.max_jump),
      max_ahead_(options.last_commit ? options.max_downtime : options.max_jump),
      last_(options.last_commit.value_or(wall.Now())),
      last_elapsed_(steady.Elapsed()) {}

absl::Time TrustedClock::Now() const {
  return Read().now;
}

std::optional<ClockSuspicion> TrustedClock::Suspicion() const {
  return Read().suspicion;
}

TrustedClock::Reading TrustedClock::Read() const {
  absl::MutexLock lock(&mutex_);
  const absl::Duration elapsed = std::max(last_elapsed_, steady_.Elapsed());
  const absl::Time wall = wall_.Now();
  const absl::Time expected = last_ + (elapsed - last_elapsed_);
  last_elapsed_ = elapsed;
  if (wall > expected + max_ahead_ || wall < expected - max_jump_) {
    last_ = expected;
    return {.now = expected,
            .suspicion = ClockSuspicion{
                .wall = wall,
                .expected = expected,
                .bound = wall > expected ? max_ahead_ : max_jump_}};
  }
  max_ahead_ = max_jump_;
  last_ = std::max(last_, wall);
  return {.now = last_, .suspicion = std::nullopt};
}

}  // namespace pistis
