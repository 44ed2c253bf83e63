// Cases counted by week and by what they are about, and what is complained
// about more than usual: the use case ListPatterns.
#ifndef PISTIS_ENGINE_OPERATIONS_COMPLAINT_WEEKS_H_
#define PISTIS_ENGINE_OPERATIONS_COMPLAINT_WEEKS_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

#include "pistis/v1/care_service.pb.h"

#include "engine/operations/journal.h"
#include "engine/operations/queries.h"
#include "engine/storage/care_keys.h"
#include "engine/storage/store.h"

namespace pistis {

// The latest cases that a week names.
inline constexpr int kMostNamedCases = 5;

// The rows in which a case counts that was opened at such a time.
[[nodiscard]] std::vector<ComplaintWeek> WeeksOf(const v1::Case& opened,
                                                 absl::Time at,
                                                 absl::TimeZone zone);

// Counts a case that is opened now. RECORD_CORRUPT.
absl::Status CountCase(const Reader& reader, const v1::Case& opened,
                       absl::TimeZone zone, Journal& journal);

// Refusals: FIELD_INVALID, NOT_FOUND, OVERLOADED (the sums of sales are far
// behind, as after an import), RECORD_CORRUPT.
absl::StatusOr<v1::ListPatternsResponse> ListPatterns(
    const QueryContext& context, const v1::ListPatternsRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_COMPLAINT_WEEKS_H_
