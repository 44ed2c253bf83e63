// The audit log: what those did who may do more than a till, in a chain for
// each program, and one for the server.
//
//   hash := SHA-256(hash of the act before, 32 bytes (32 zero bytes for the
//                     first)
//                   program's id (empty: the server), a zero byte
//                   number, 8 bytes big-endian
//                   the stored AuditRecord without its hash)
#ifndef PISTIS_ENGINE_OPERATIONS_AUDIT_LOG_H_
#define PISTIS_ENGINE_OPERATIONS_AUDIT_LOG_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/v1/admin_service.pb.h"

#include "engine/base/ids.h"
#include "engine/operations/command.h"
#include "engine/operations/queries.h"
#include "engine/storage/overlay.h"
#include "engine/storage/store.h"

namespace pistis {

// What is recorded of an act, beside when and by whom: those are the commit's.
struct Act {
  // Empty: on the server itself.
  ProgramId program;
  v1::Role role = v1::ROLE_UNSPECIFIED;
  // "RulebookService/PublishRulebook".
  std::string method;
  // SHA-256 over the request as it came, keyed with the store's secret.
  std::string request_hash;
  // What it was about; no personal data.
  std::string subject;
};

// Adds the act to `writes`, those of its own commit. RECORD_CORRUPT where the
// log cannot be read.
absl::Status RecordAct(const Reader& reader, const CommitContext& context,
                       const Act& act, WriteSet& writes);

// The hash of the act with this number; `previous` is empty for the first.
[[nodiscard]] std::string ActHash(absl::string_view previous,
                                  const ProgramId& program, int64_t number,
                                  store::v1::AuditRecord record);

// Refusals: FIELD_INVALID, NOT_FOUND.
absl::StatusOr<v1::ListAuditLogResponse> ListAuditLog(
    const QueryContext& context, const v1::ListAuditLogRequest& request);

}  // namespace pistis

#endif  // PISTIS_ENGINE_OPERATIONS_AUDIT_LOG_H_
