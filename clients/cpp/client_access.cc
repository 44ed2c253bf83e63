// The client's calls about keys, programs and the audit log.
#include "clients/cpp/client.h"
#include "clients/cpp/services.h"

namespace pistis {

absl::StatusOr<v1::ListProgramsResponse> Client::ListPrograms(
    const v1::ListProgramsRequest& request) {
  return Call(options_, services_->admin, &v1::AdminService::Stub::ListPrograms,
              request);
}

absl::StatusOr<v1::CreateApiKeyResponse> Client::CreateApiKey(
    const v1::CreateApiKeyRequest& request) {
  return Call(options_, services_->admin, &v1::AdminService::Stub::CreateApiKey,
              request);
}

absl::StatusOr<v1::ApiKey> Client::RevokeApiKey(
    const v1::RevokeApiKeyRequest& request) {
  return Call(options_, services_->admin, &v1::AdminService::Stub::RevokeApiKey,
              request);
}

absl::StatusOr<v1::ListApiKeysResponse> Client::ListApiKeys(
    const v1::ListApiKeysRequest& request) {
  return Call(options_, services_->admin, &v1::AdminService::Stub::ListApiKeys,
              request);
}

absl::StatusOr<v1::ListAuditLogResponse> Client::ListAuditLog(
    const v1::ListAuditLogRequest& request) {
  return Call(options_, services_->admin, &v1::AdminService::Stub::ListAuditLog,
              request);
}

}  // namespace pistis
