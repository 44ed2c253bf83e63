// A program as a query sees it.
#ifndef PISTIS_ENGINE_OPERATIONS_PROGRAM_VIEW_H_
#define PISTIS_ENGINE_OPERATIONS_PROGRAM_VIEW_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/queries.h"
#include "engine/rulebook/rulebook.h"

namespace pistis {

// What a program has come to, and how late it is there.
struct ProgramView {
  ProgramId program;
  store::v1::TotalsRecord totals;
  absl::Time now;
  // The current rulebook, or null before the first.
  std::shared_ptr<const Rulebook> rulebook;
};

// FIELD_INVALID, NOT_FOUND.
absl::StatusOr<ProgramView> OpenProgramView(const QueryContext& context,
                                            const std::string& program_id);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PROGRAM_VIEW_H_
