#include "engine/operations/rulebook_schedule.h"

#include <algorithm>

namespace pistis {

int64_t VersionInForce(const store::v1::TotalsRecord& totals, absl::Time time) {
  int64_t version = totals.rulebook_version();
  for (const auto& scheduled : totals.scheduled_rulebooks()) {
    if (absl::FromUnixMicros(scheduled.start_us()) > time) break;
    version = scheduled.version();
  }
  return version;
}

v1::PublishedRulebook::State StateOfVersion(
    const store::v1::TotalsRecord& totals, int64_t version, absl::Time time) {
  if (version == VersionInForce(totals, time)) {
    return v1::PublishedRulebook::IN_FORCE;
  }
  for (const auto& scheduled : totals.scheduled_rulebooks()) {
    if (scheduled.version() == version &&
        absl::FromUnixMicros(scheduled.start_us()) > time) {
      return v1::PublishedRulebook::SCHEDULED;
    }
  }
  return v1::PublishedRulebook::SUPERSEDED;
}

absl::Time StartOf(const store::v1::RulebookRecord& record) {
  return absl::FromUnixMicros(record.start_us() == 0 ? record.publish_us()
                                                     : record.start_us());
}

void ScheduleVersion(const store::v1::RulebookRecord& published,
                     store::v1::TotalsRecord& totals) {
  const absl::Time now = absl::FromUnixMicros(published.publish_us());
  const absl::Time start = StartOf(published);
  totals.set_rulebook_version(VersionInForce(totals, now));
  auto& scheduled = *totals.mutable_scheduled_rulebooks();
  scheduled.erase(
      std::remove_if(scheduled.begin(), scheduled.end(),
                     [&](const store::v1::ScheduledRulebook& earlier) {
                       const absl::Time its =
                           absl::FromUnixMicros(earlier.start_us());
                       return its <= now || its >= start;
                     }),
      scheduled.end());
  if (start <= now) {
    totals.set_rulebook_version(published.version());
    return;
  }
  store::v1::ScheduledRulebook* added = scheduled.Add();
  added->set_version(published.version());
  added->set_start_us(absl::ToUnixMicros(start));
}

}  // namespace pistis
