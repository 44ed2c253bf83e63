// The use cases of complaints themselves: OpenCase, GetCase, ListCases.
#ifndef PISTIS_ENGINE_OPERATIONS_CASES_H_
#define PISTIS_ENGINE_OPERATIONS_CASES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/care_service.pb.h"

#include "engine/base/ids.h"
#include "engine/base/status_macros.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/fingerprint.h"
#include "engine/operations/queries.h"
#include "engine/order/order.h"
#include "engine/storage/store.h"

namespace pistis {

// A shaped command of CareService.
template <typename Request>
struct CareCommand {
  ProgramId program;
  Request request;
  std::string fingerprint;
};

// One on a case that is there: its ids are looked at.
template <typename Request>
absl::StatusOr<CareCommand<Request>> ShapeCareCommand(const Request& request) {
  PISTIS_RETURN_IF_ERROR(CheckId("program_id", request.program_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("request_id", request.request_id()));
  PISTIS_RETURN_IF_ERROR(CheckId("case_id", request.case_id()));
  return CareCommand<Request>{.program = ProgramId(request.program_id()),
                              .request = request,
                              .fingerprint = FingerprintOf(request)};
}

using OpenCaseInput = CareCommand<v1::OpenCaseRequest>;

absl::StatusOr<OpenCaseInput> ParseOpenCase(const v1::OpenCaseRequest& request,
                                            absl::Time now);
// Refusals as pistis/v1 says.
absl::StatusOr<DecidedReply<v1::Case>> OpenCase(const OperationEnv& env,
                                                const Reader& reader,
                                                const CommitContext& context,
                                                const OpenCaseInput& input);

absl::StatusOr<v1::Case> GetCase(const QueryContext& context,
                                 const v1::GetCaseRequest& request);
// Looks at no more than a thousand cases for one page.
absl::StatusOr<v1::ListCasesResponse> ListCases(
    const QueryContext& context, const v1::ListCasesRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_CASES_H_
