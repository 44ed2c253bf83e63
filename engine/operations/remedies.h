// The use cases of remedies: ListRemedies, GrantRemedy, ApproveRemedy.
#ifndef PISTIS_ENGINE_OPERATIONS_REMEDIES_H_
#define PISTIS_ENGINE_OPERATIONS_REMEDIES_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/care_service.pb.h"

#include "engine/operations/cases.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/operations/queries.h"
#include "engine/storage/store.h"

namespace pistis {

using GrantRemedyInput = CareCommand<v1::GrantRemedyRequest>;
using ApproveRemedyInput = CareCommand<v1::ApproveRemedyRequest>;

absl::StatusOr<v1::ListRemediesResponse> ListRemedies(
    const QueryContext& context, const v1::ListRemediesRequest& request);

absl::StatusOr<GrantRemedyInput> ParseGrantRemedy(
    const v1::GrantRemedyRequest& request, absl::Time now);
absl::StatusOr<ApproveRemedyInput> ParseApproveRemedy(
    const v1::ApproveRemedyRequest& request, absl::Time now);

// Points, code, note, what the member was given, and the case: one write.
// Refusals as pistis/v1 says.
absl::StatusOr<DecidedReply<v1::GrantRemedyResponse>> GrantRemedy(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const GrantRemedyInput& input);
absl::StatusOr<DecidedReply<v1::GrantRemedyResponse>> ApproveRemedy(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ApproveRemedyInput& input);

// Declines a remedy of the case that waits, and tells of it; who does it is
// the caller's to say.
void DeclineRemedy(const v1::Case& message, v1::Remedy& remedy,
                   Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_REMEDIES_H_
