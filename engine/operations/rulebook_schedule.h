// Which rulebook is in force when: the part of a program's sums that says it.
//
// In force at a time is the latest published of the versions that have started
// by then.
#ifndef PISTIS_ENGINE_OPERATIONS_RULEBOOK_SCHEDULE_H_
#define PISTIS_ENGINE_OPERATIONS_RULEBOOK_SCHEDULE_H_

#include <cstdint>

#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

namespace pistis {

// The most versions that may wait for their start.
inline constexpr int kMaxScheduledRulebooks = 100;

// The version in force at `time`, which is not before the latest publication;
// 0 before the first start.
[[nodiscard]] int64_t VersionInForce(const store::v1::TotalsRecord& totals,
                                     absl::Time time);

// Where `version`, one that was published, stands at `time`.
[[nodiscard]] v1::PublishedRulebook::State StateOfVersion(
    const store::v1::TotalsRecord& totals, int64_t version, absl::Time time);

// From when on a stored version counts.
[[nodiscard]] absl::Time StartOf(const store::v1::RulebookRecord& record);

// Takes a version that was just published, the latest so far, into the sums:
// what has started by its publication is settled, and what it overtakes falls
// out.
void ScheduleVersion(const store::v1::RulebookRecord& published,
                     store::v1::TotalsRecord& totals);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RULEBOOK_SCHEDULE_H_
