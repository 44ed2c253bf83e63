// Opening a store: the format is checked before anything else is read.
#ifndef PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_
#define PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_

#include <string>

#include "absl/status/statusor.h"

#include "engine/storage/store.h"

namespace pistis {

inline constexpr int kFormatVersion = 1;

// What a store keeps to itself, random and made with it.
struct StoreKeys {
  // Keys identifiers and codes.
  std::string secret;
  // The Ed25519 seed that signs checkpoints.
  std::string signing_seed;
};

// The store's keys. An empty store gets the current format and new keys first.
// FailedPrecondition where the store has another format version, naming both,
// or holds records but no format; DataLoss where the format cannot be read.
absl::StatusOr<StoreKeys> OpenFormat(Store& store);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_
