// The use cases CreateApiKey, RevokeApiKey and ListApiKeys, and ListPrograms of
// those that a caller may call. Keys themselves are never stored, only their
// hashes.
#ifndef PISTIS_ENGINE_OPERATIONS_API_KEYS_H_
#define PISTIS_ENGINE_OPERATIONS_API_KEYS_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/v1/admin_service.pb.h"

#include "engine/operations/access.h"
#include "engine/operations/api_key_tally.h"
#include "engine/operations/api_key_text.h"
#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/operations/once.h"
#include "engine/operations/queries.h"
#include "engine/storage/store.h"

namespace pistis {

// Keys that are good: revoked and expired ones do not count.
inline constexpr int kMostApiKeys = 10'000;
// All that are kept: those that ended are forgotten after a while
// (prune_api_keys.h).
inline constexpr int kMostStoredApiKeys = 20'000;
// The same two where somebody makes another who does not reach all programs:
// whatever they do, and with whatever keys they make for it, a quarter is left
// to those who reach all.
inline constexpr int kMostApiKeysForSomePrograms = 7'500;
inline constexpr int kMostStoredApiKeysForSomePrograms = 15'000;
// For them too, of those that name one program: so that one program takes not
// all that is left to the others.
inline constexpr int kMostStoredApiKeysOfAProgram = 5'000;

// Whether that holds for a new key. An owner who lost theirs gets one for any
// number of keys.
enum class KeyLimit { kHolds, kIsWaived };

struct CreateApiKeyInput {
  RequestId request;
  // Of the request; with the caller it makes what is remembered.
  std::string fingerprint;
  v1::ApiKey wanted;
  // From when it is refused; nothing: never.
  std::optional<absl::Time> expire = {};
  // Filled in by whoever calls: what the caller may do, and the key itself,
  // made of new random bits.
  Access by = {};
  ApiKeyText key = {};
  // How many keys there are, where somebody keeps count: as of the state and
  // the time that CreateApiKey is given. Nothing: all are looked through.
  std::optional<ApiKeyCounts> counts = {};
  KeyLimit limit = KeyLimit::kHolds;
};

struct RevokeApiKeyInput {
  RequestId request;
  std::string fingerprint;
  std::string key_id;
  // Filled in by whoever calls.
  Access by = {};
};

// FIELD_INVALID where a field is missing or absurd.
absl::StatusOr<CreateApiKeyInput> ParseCreateApiKey(
    const v1::CreateApiKeyRequest& request, absl::Time now);
absl::StatusOr<RevokeApiKeyInput> ParseRevokeApiKey(
    const v1::RevokeApiKeyRequest& request, absl::Time now);

// Stores the key's hash. The reply, which is remembered, has no secret.
// Refusals: as pistis/v1 says of the method.
absl::StatusOr<DecidedReply<v1::CreateApiKeyResponse>> CreateApiKey(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const CreateApiKeyInput& input);
// Also ends a key whose record was changed behind the server's back; that one
// is not sealed anew, so that a recount still finds it.
absl::StatusOr<DecidedReply<v1::ApiKey>> RevokeApiKey(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const RevokeApiKeyInput& input);

// What `by` may see. Refusals: FIELD_INVALID.
absl::StatusOr<v1::ListApiKeysResponse> ListApiKeys(
    const QueryContext& context, const v1::ListApiKeysRequest& request,
    const Access& by);
absl::StatusOr<v1::ListProgramsResponse> ListPrograms(
    const QueryContext& context, const v1::ListProgramsRequest& request,
    const Access& by);

// Visits every key, revoked ones too. RECORD_CORRUPT.
absl::Status ForEachApiKey(
    const Reader& reader,
    absl::FunctionRef<void(const store::v1::ApiKeyRecord&)> visit);

// What a stored key may do.
[[nodiscard]] Access AccessOf(const store::v1::ApiKeyRecord& record);

// The seal that goes with a record.
[[nodiscard]] std::string SealOf(absl::string_view secret,
                                 store::v1::ApiKeyRecord record);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_API_KEYS_H_
