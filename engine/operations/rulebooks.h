// The use cases PublishRulebook and RollbackRulebook. queries.h has those that
// only read.
#ifndef PISTIS_ENGINE_OPERATIONS_RULEBOOKS_H_
#define PISTIS_ENGINE_OPERATIONS_RULEBOOKS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/rulebook_service.pb.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/rulebook/problem.h"
#include "engine/rulebook/rulebook.h"
#include "engine/storage/store.h"

namespace pistis {

// When a publication starts, and why it was made.
struct PublicationTerms {
  // Nothing: now.
  std::optional<absl::Time> start;
  std::string comment;
};

struct PublishRulebookInput {
  RequestKeyParts request;
  v1::Rulebook message;
  // Empty where the rulebook came as a message.
  std::string yaml;
  // Compiled as version 0; the commit numbers it.
  Rulebook compiled;
  // RULEBOOK_INVALID where an example does not get what it must. Examples may
  // hang on the time, so a request that was made before is answered first.
  absl::Status examples;
  PublicationTerms terms;
};

// Checks, compiles and runs the examples, which may take long: not for a thread
// that others wait for. Examples without a time are placed at the start.
// FIELD_INVALID, RULEBOOK_INVALID but for examples.
absl::StatusOr<PublishRulebookInput> ParsePublishRulebook(
    const v1::PublishRulebookRequest& request, absl::Time now);

// Refusals: NOT_FOUND (program), FIELD_INVALID (another program, currency or
// time zone than the program's; a start out of range), RULEBOOK_INVALID (an
// example), LIMIT_REACHED,
// REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::PublishedRulebook>> PublishRulebook(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const PublishRulebookInput& input);

struct RollbackRulebookInput {
  RequestKeyParts request;
  int64_t version = 0;
  PublicationTerms terms;
};

// FIELD_INVALID.
absl::StatusOr<RollbackRulebookInput> ParseRollbackRulebook(
    const v1::RollbackRulebookRequest& request, absl::Time now);

// Refusals: NOT_FOUND (program, version), FIELD_INVALID (a start out of range),
// LIMIT_REACHED, REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::PublishedRulebook>> RollbackRulebook(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RollbackRulebookInput& input);

// The record of a version, or NOT_FOUND.
absl::StatusOr<store::v1::RulebookRecord> LoadVersion(const Reader& reader,
                                                      const ProgramId& program,
                                                      int64_t version);

// A stored version as the API shows it, where it stands left out: without its
// rulebook, and with it (RECORD_CORRUPT).
[[nodiscard]] v1::PublishedRulebook ToSummary(
    const store::v1::RulebookRecord& record);
absl::StatusOr<v1::PublishedRulebook> ToMessage(
    const store::v1::RulebookRecord& record);

// The words that read like a code somebody has: each would be that code, and
// not a word.
absl::StatusOr<Findings> FindTakenWords(const OperationEnv& env,
                                        const Reader& reader,
                                        const ProgramId& program,
                                        const Rulebook& rulebook);

// The time of a stated start_time, or FIELD_INVALID.
absl::StatusOr<absl::Time> ParseStart(
    const google::protobuf::Timestamp& start_time);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RULEBOOKS_H_
