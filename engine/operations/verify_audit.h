// The stage of a recount that goes over audit logs and API keys.
#ifndef PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_
#define PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_

#include <string>

#include "absl/status/status.h"

#include "engine/operations/verify_recount.h"

namespace pistis {

// The program's log and the server's own: every act from the first to the head.
// Every key of the server: its seal, and the acts that made and revoked it.
absl::Status VerifyAudit(Recount& recount, const std::string& secret);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_VERIFY_AUDIT_H_
