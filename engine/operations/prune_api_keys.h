// The use case ForgetApiKeys: keys that ended long ago are not kept for ever.
// The server's audit log says who made and ended them, and when they were
// forgotten.
#ifndef PISTIS_ENGINE_OPERATIONS_PRUNE_API_KEYS_H_
#define PISTIS_ENGINE_OPERATIONS_PRUNE_API_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "engine/operations/command.h"
#include "engine/operations/env.h"
#include "engine/storage/store.h"

namespace pistis {

// How long a key is kept after it was revoked or expired.
inline constexpr absl::Duration kApiKeysKeptFor = absl::Hours(24 * 400);

// At most this many keys are forgotten in one commit.
inline constexpr size_t kMaxApiKeysForgottenAtOnce = 100;

// What the audit log calls it: no method of the API does it.
inline constexpr absl::string_view kForgetApiKey = "server/ForgetApiKey";

// A part of the stored keys, in the order of their ids.
struct ApiKeySlice {
  // The slice begins behind this one; empty: with the first.
  std::string after;
  // Keys that ended before this are old.
  absl::Time before;
  // Ends after this many, at least one.
  size_t max_keys = 5000;
};

// What a slice holds.
struct OldApiKeys {
  std::vector<std::string> key_ids;
  // For ApiKeySlice::after of the next slice.
  std::string reached;
  // True where there is a next slice.
  bool more = false;
};

// The old keys of a slice. Records that cannot be read are passed over: it is
// not known how old they are.
absl::StatusOr<OldApiKeys> FindOldApiKeys(const Reader& reader,
                                          const ApiKeySlice& slice);

// Keys to forget, at most kMaxApiKeysForgottenAtOnce; more are left alone.
struct ForgetApiKeysInput {
  std::vector<std::string> key_ids;
  // Those that ended before this; kApiKeysKeptFor before the commit at the
  // latest, whatever it says.
  absl::Time before;
};

struct ForgetApiKeysReply {
  size_t forgotten = 0;
};

// Forgets those of the named keys that are still there and ended before the
// given time, each an act of the server's audit log. A record whose seal is
// wrong stays: it was changed behind the server's back, and a recount must find
// it. The last key of a server stays: one without keys takes itself for new,
// and shows a new owner's key as it starts. RECORD_CORRUPT.
absl::StatusOr<Decided<ForgetApiKeysReply>> ForgetApiKeys(
    const OperationEnv& env, const Reader& reader, const CommitContext& context,
    const ForgetApiKeysInput& input);

// What an act that forgot a key has as its request's hash: HMAC-SHA-256, keyed
// with the store's secret, over kForgetApiKey, a zero byte, the act's time in
// microseconds (8 bytes big-endian) and the key's id. So who may write to the
// disk alone forgets no key. No request of the API has such bytes: they are no
// protobuf message.
[[nodiscard]] std::string ForgetApiKeyMac(absl::string_view secret,
                                          absl::string_view key_id,
                                          int64_t time_us);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_PRUNE_API_KEYS_H_
