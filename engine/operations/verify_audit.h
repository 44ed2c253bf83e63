// The stage of a recount that goes over audit logs and API keys.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"

#include "pistis/v1/admin_service.pb.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// The program's log and the server's own: every act from the first to the head.
// Every key of the server: its seal, and the acts that made and revoked it. Of
// a key that was forgotten: that the server itself did it, once, and more than
// 400 days after the key was made. When a key expired stands in no act, so how
// long a key that lived longer had ended by then is not proved again: the
// server asks its sealed record as it forgets it. Both logs are held against
// the checkpoints, which may be of a time when those did not cover acts.
absl::Status VerifyAudit(
    Recount& recount, const std::string& secret,
    absl::Span<const v1::LedgerCheckpoint* const> checkpoints);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_
