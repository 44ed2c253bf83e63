// The use case GetMarginReport.
#ifndef PISTIS_ENGINE_OPERATIONS_MARGIN_REPORT_H_
#define PISTIS_ENGINE_OPERATIONS_MARGIN_REPORT_H_

#include <cstddef>

#include "absl/status/statusor.h"

#include "pistis/v1/insight_service.pb.h"
#include "pistis/v1/margin_report.pb.h"

#include "engine/operations/queries.h"

namespace pistis {

// A report adds up to this many commits that no step has folded yet; where
// there are more it is refused.
inline constexpr size_t kMostUnfoldedCommits = 2'000;
// As FoldBounds::max_bytes: a sixth of a second.
inline constexpr size_t kMostUnfoldedBytes = size_t{8} << 20U;

// Refusals: FIELD_INVALID, NOT_FOUND, OVERLOADED as pistis/v1 says,
// RECORD_CORRUPT where something it needs cannot be read.
absl::StatusOr<v1::MarginReport> GetMarginReport(
    const QueryContext& context, const v1::GetMarginReportRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_MARGIN_REPORT_H_
