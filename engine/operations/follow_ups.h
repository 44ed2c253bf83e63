// What comes after a complaint was dealt with: ResolveCase, RecordFollowUp, and
// the follow-ups that fall due.
#ifndef PISTIS_ENGINE_OPERATIONS_FOLLOW_UPS_H_
#define PISTIS_ENGINE_OPERATIONS_FOLLOW_UPS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/care_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/case_records.h"
#include "engine/operations/cases.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/journal.h"
#include "engine/storage/store.h"

namespace pistis {

using ResolveCaseInput = CareCommand<v1::ResolveCaseRequest>;
using RecordFollowUpInput = CareCommand<v1::RecordFollowUpRequest>;

absl::StatusOr<ResolveCaseInput> ParseResolveCase(
    const v1::ResolveCaseRequest& request, absl::Time now);
absl::StatusOr<RecordFollowUpInput> ParseRecordFollowUp(
    const v1::RecordFollowUpRequest& request, absl::Time now);

// Rules on case.resolved act in the same write, where the account can take what
// they give. Refusals as pistis/v1 says.
absl::StatusOr<DecidedReply<v1::Case>> ResolveCase(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ResolveCaseInput& input);
absl::StatusOr<DecidedReply<v1::Case>> RecordFollowUp(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RecordFollowUpInput& input);

// The next step through the cases of a program that fall due.
struct WorkOffCasesInput {
  ProgramId program;
  // What was due before this is known to be worked off.
  absl::Time from = absl::UnixEpoch();
  size_t most = 64;
};
struct WorkOffCasesReply {
  // For WorkOffCasesInput::from of the next step.
  absl::Time reached;
  // True where more is due now.
  bool more = false;
};

// Asks for the follow-up notes that are due, by the rulebook in force, and
// closes cases that nobody answered to. Both happen at the time of the commit:
// who had a server that stood still has as long to answer as anybody. Where the
// rulebook asks for no follow-up any more, or the note that asks was held back,
// the case stays resolved until somebody records an answer. A case that cannot
// be read keeps its place, and no other waits for it. NOT_FOUND where there is
// no such program.
absl::StatusOr<Decided<WorkOffCasesReply>> WorkOffCases(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const WorkOffCasesInput& input);

// Puts the case as it is, closed: what waits for approval is declined, an open
// case is resolved first, and nobody is asked. `why` stands for who did it.
void EndCase(const std::string& why, StoredCase stored, Journal& journal);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_FOLLOW_UPS_H_
