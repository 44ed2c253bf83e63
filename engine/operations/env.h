// What every operation needs beside the state it reads.
#ifndef PISTIS_ENGINE_OPERATIONS_ENV_H_
#define PISTIS_ENGINE_OPERATIONS_ENV_H_

#include <string>

#include "absl/status/statusor.h"

#include "engine/operations/rulebook_cache.h"
#include "engine/storage/overlay.h"

namespace pistis {

// Shared by all operations of a server; outlives them.
struct OperationEnv {
  // The store's secret: keys identifiers and codes.
  std::string secret;
  RulebookCache& rulebooks;
  // The Ed25519 seed that signs checkpoints.
  std::string signing_seed = {};
};

// A reply as it is sent and remembered: encoded once, so that a retry gets it
// bit for bit.
template <typename Reply>
struct Encoded {
  std::string bytes;
};

template <typename Reply>
[[nodiscard]] Encoded<Reply> Encode(const Reply& reply) {
  return {reply.SerializeAsString()};
}

// What an operation decided: the reply, or a refusal that is remembered, and
// what must be written before it leaves. A retry has a reply and no writes.
template <typename Reply>
struct Decided {
  absl::StatusOr<Reply> reply;
  WriteSet writes;
};

// What a command of the API decided.
template <typename Reply>
using DecidedReply = Decided<Encoded<Reply>>;

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ENV_H_
