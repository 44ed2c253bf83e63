// The use case CreateProgram.
#ifndef PISTIS_ENGINE_OPERATIONS_PROGRAMS_H_
#define PISTIS_ENGINE_OPERATIONS_PROGRAMS_H_

#include "absl/status/statusor.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/admin_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/storage/store.h"

namespace pistis {

struct CreateProgramInput {
  RequestKeyParts request;
  v1::Program program;
};

// FIELD_INVALID where a field is missing or absurd.
absl::StatusOr<CreateProgramInput> ParseCreateProgram(
    const v1::CreateProgramRequest& request);

// Refusals: ALREADY_EXISTS, REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::Program>> CreateProgram(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateProgramInput& input);

// A stored program as the API shows it.
[[nodiscard]] v1::Program ToMessage(const store::v1::ProgramRecord& record);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PROGRAMS_H_
