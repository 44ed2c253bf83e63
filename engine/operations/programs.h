// The use cases CreateProgram and PublishRulebook.
#ifndef PISTIS_ENGINE_OPERATIONS_PROGRAMS_H_
#define PISTIS_ENGINE_OPERATIONS_PROGRAMS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "pistis/v1/admin_service.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/rulebook/rulebook.h"
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

struct PublishRulebookInput {
  RequestKeyParts request;
  v1::Rulebook message;
  // Empty where the rulebook came as a message.
  std::string yaml;
  // Compiled as version 0; the commit numbers it.
  Rulebook compiled;
};

// Checks and compiles, which may take long: not for a thread that others wait
// for. FIELD_INVALID, RULEBOOK_INVALID.
absl::StatusOr<PublishRulebookInput> ParsePublishRulebook(
    const v1::PublishRulebookRequest& request);

// Refusals: NOT_FOUND (program), FIELD_INVALID (another program, currency or
// time zone than the program's), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::PublishedRulebook>> PublishRulebook(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PublishRulebookInput& input);

// A stored program as the API shows it.
[[nodiscard]] v1::Program ToMessage(const store::v1::ProgramRecord& record);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PROGRAMS_H_
