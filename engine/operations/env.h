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
};

// What an operation decided: the reply, or a refusal that is remembered, and
// what must be written before it leaves. A retry has a reply and no writes.
template <typename Reply>
struct Decided {
  absl::StatusOr<Reply> reply;
  WriteSet writes;
};

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_ENV_H_
