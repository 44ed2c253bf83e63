// Opening a store: the format is checked before anything else is read.
#ifndef PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_
#define PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "engine/storage/store.h"

namespace pistis {

// What this program writes, and the oldest it reads; proto/pistis/store/v1 says
// what came with each.
inline constexpr int kFormatVersion = 2;
inline constexpr int kOldestFormatVersion = 1;

// What a store keeps to itself, random and made with it.
struct StoreKeys {
  // Keys identifiers and codes.
  std::string secret;
  // The Ed25519 seed that signs checkpoints.
  std::string signing_seed;
};

// The store's keys. An empty store gets the current format and new keys first,
// one of an older version the current version: older programs refuse it from
// then on. FailedPrecondition, and nothing is written, where the store has a
// version that this program does not know, naming both, or holds records but no
// format; DataLoss where the format cannot be read.
absl::StatusOr<StoreKeys> OpenFormat(Store& store);

// For who only reads: FailedPrecondition as above; OK where there is no format
// that could be read, which a recount finds.
absl::Status CheckFormatVersion(const Reader& reader);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_
