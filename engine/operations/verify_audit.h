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
// Every key of the server: its seal, and the acts that made and revoked it.
// Both logs are held against the checkpoints, which may be of a time when those
// did not cover acts.
absl::Status VerifyAudit(
    Recount& recount, const std::string& secret,
    absl::Span<const v1::LedgerCheckpoint* const> checkpoints);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_
