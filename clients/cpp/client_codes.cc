// Codes beside sales.
#include <utility>

#include "clients/cpp/client.h"
#include "clients/cpp/services.h"

namespace pistis {

using CodeStub = v1::CodeService::Stub;

namespace {

// One stream from `request.after` on, to its end, or until `visit` says kStop.
absl::Status ReadBatch(
    CodeStub& stub, const v1::IssueCodesRequest& request,
    absl::FunctionRef<Visit(const v1::IssueCodesResponse&)> visit) {
  grpc::ClientContext context;
  const auto stream = stub.IssueCodes(&context, request);
  v1::IssueCodesResponse codes;
  while (stream->Read(&codes)) {
    if (visit(codes) == Visit::kContinue) continue;
    context.TryCancel();
    static_cast<void>(stream->Finish());
    return absl::OkStatus();
  }
  return FromWire(stream->Finish());
}

}  // namespace

absl::StatusOr<v1::IssueCodeResponse> Client::IssueCode(
    const v1::IssueCodeRequest& request) {
  return Call(options_, services_->code, &CodeStub::IssueCode, request);
}

absl::Status Client::IssueCodes(
    const v1::IssueCodesRequest& request,
    absl::FunctionRef<Visit(const v1::IssueCodesResponse&)> visit) {
  v1::IssueCodesRequest rest = request;
  Backoff backoff(options_.initial_backoff, options_.max_backoff);
  int attempts_left = options_.max_attempts;
  while (true) {
    const absl::Status status = ReadBatch(
        services_->code, rest, [&](const v1::IssueCodesResponse& codes) {
          rest.set_after(codes.done());
          attempts_left = options_.max_attempts;
          backoff.Reset();
          return visit(codes);
        });
    if (!IsWorthAnotherTry(status) || --attempts_left <= 0) return status;
    absl::SleepFor(backoff.Next());
  }
}

absl::StatusOr<v1::Code> Client::GetCode(const v1::GetCodeRequest& request) {
  return Call(options_, services_->code, &CodeStub::GetCode, request);
}

absl::StatusOr<v1::CheckCodeResponse> Client::CheckCode(
    const v1::CheckCodeRequest& request) {
  return Call(options_, services_->code, &CodeStub::CheckCode, request);
}

absl::StatusOr<v1::Code> Client::VoidCode(const v1::VoidCodeRequest& request) {
  return Call(options_, services_->code, &CodeStub::VoidCode, request);
}

absl::StatusOr<v1::ListCodesResponse> Client::ListCodes(
    const v1::ListCodesRequest& request) {
  return Call(options_, services_->code, &CodeStub::ListCodes, request);
}

}  // namespace pistis
