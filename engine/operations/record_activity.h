// The use case RecordActivity: a member did something, and rules act on it.
#ifndef PISTIS_ENGINE_OPERATIONS_RECORD_ACTIVITY_H_
#define PISTIS_ENGINE_OPERATIONS_RECORD_ACTIVITY_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "pistis/v1/member_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/order/order.h"
#include "engine/storage/store.h"

namespace pistis {

// A RecordActivityRequest, shaped and bounded.
struct RecordActivityInput {
  RequestKeyParts request;
  // Exactly one of the two.
  MemberId member;
  std::optional<v1::Identifier> identifier;
  std::string name;
  // Nothing: now.
  std::optional<absl::Time> time;
  Attributes attributes;
};

absl::StatusOr<RecordActivityInput> ParseRecordActivity(
    const v1::RecordActivityRequest& request, absl::Time now);

// Refusals: NOT_FOUND (program, rulebook, member), MEMBER_SUSPENDED,
// POINTS_OVERFLOW, LIMIT_REACHED (lots), REQUEST_ID_REUSED.
absl::StatusOr<DecidedReply<v1::RecordActivityResponse>> RecordActivity(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RecordActivityInput& input);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_RECORD_ACTIVITY_H_
