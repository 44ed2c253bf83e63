// The use case SignCheckpoint: how far a ledger and its audit logs have come,
// signed.
#ifndef PISTIS_ENGINE_OPERATIONS_SIGN_CHECKPOINT_H_
#define PISTIS_ENGINE_OPERATIONS_SIGN_CHECKPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/v1/admin_service.pb.h"

#include "engine/operations/access.h"
#include "engine/operations/queries.h"

namespace pistis {

// The heads of the program's chain, of its audit log and of the server's,
// signed with the store's key. NOT_FOUND where there is no such program.
absl::StatusOr<v1::LedgerCheckpoint> SignCheckpoint(
    const QueryContext& context, const v1::SignCheckpointRequest& request);

// The same for a caller who may do as much as `by`. How many acts the server's
// log has is told to those who reach all programs; to others only the hash of
// its last act, which holds that log fast as well.
absl::StatusOr<v1::LedgerCheckpoint> SignCheckpointFor(
    const QueryContext& context, const v1::SignCheckpointRequest& request,
    const Access& by);

// OK where the signature is that of the public key in the checkpoint over its
// content, FIELD_INVALID where it is not. Whose key that is, the caller must
// know.
absl::Status CheckSignature(const v1::LedgerCheckpoint& checkpoint);

// The public key that goes with a store's signing seed; empty where that is
// none.
[[nodiscard]] std::string PublicKeyOf(absl::string_view seed);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_SIGN_CHECKPOINT_H_
