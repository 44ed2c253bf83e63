// Complaints and what comes of them.
#include "clients/cpp/client.h"
#include "clients/cpp/services.h"

namespace pistis {

using CareStub = v1::CareService::Stub;

absl::StatusOr<v1::Case> Client::OpenCase(const v1::OpenCaseRequest& request) {
  return Call(options_, services_->care, &CareStub::OpenCase, request);
}

absl::StatusOr<v1::Case> Client::GetCase(const v1::GetCaseRequest& request) {
  return Call(options_, services_->care, &CareStub::GetCase, request);
}

absl::StatusOr<v1::ListCasesResponse> Client::ListCases(
    const v1::ListCasesRequest& request) {
  return Call(options_, services_->care, &CareStub::ListCases, request);
}

absl::StatusOr<v1::ListRemediesResponse> Client::ListRemedies(
    const v1::ListRemediesRequest& request) {
  return Call(options_, services_->care, &CareStub::ListRemedies, request);
}

absl::StatusOr<v1::GrantRemedyResponse> Client::GrantRemedy(
    const v1::GrantRemedyRequest& request) {
  return Call(options_, services_->care, &CareStub::GrantRemedy, request);
}

absl::StatusOr<v1::GrantRemedyResponse> Client::ApproveRemedy(
    const v1::ApproveRemedyRequest& request) {
  return Call(options_, services_->care, &CareStub::ApproveRemedy, request);
}

absl::StatusOr<v1::Case> Client::ResolveCase(
    const v1::ResolveCaseRequest& request) {
  return Call(options_, services_->care, &CareStub::ResolveCase, request);
}

absl::StatusOr<v1::Case> Client::RecordFollowUp(
    const v1::RecordFollowUpRequest& request) {
  return Call(options_, services_->care, &CareStub::RecordFollowUp, request);
}

absl::StatusOr<v1::ListPatternsResponse> Client::ListPatterns(
    const v1::ListPatternsRequest& request) {
  return Call(options_, services_->care, &CareStub::ListPatterns, request);
}

}  // namespace pistis
