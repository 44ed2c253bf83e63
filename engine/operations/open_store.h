// Opening a store: the format is checked before anything else is read.
#ifndef PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_
#define PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_

#include <string>

#include "absl/status/statusor.h"

#include "engine/storage/store.h"

namespace pistis {

inline constexpr int kFormatVersion = 1;

// The store's secret. An empty store gets the current format and a new secret
// first. FailedPrecondition where the store has another format version, naming
// both, or holds records but no format; DataLoss where the format cannot be
// read.
absl::StatusOr<std::string> OpenFormat(Store& store);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_OPEN_STORE_H_
