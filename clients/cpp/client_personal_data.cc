// What is stored of a member, and forgetting it.
#include "clients/cpp/client.h"
#include "clients/cpp/services.h"

namespace pistis {

absl::StatusOr<v1::EraseMemberResponse> Client::EraseMember(
    const v1::EraseMemberRequest& request) {
  return Call(options_, services_->member,
              &v1::MemberService::Stub::EraseMember, request);
}

absl::Status Client::ExportMember(
    const v1::ExportMemberRequest& request,
    absl::FunctionRef<Visit(const v1::ExportMemberResponse&)> visit) {
  grpc::ClientContext context;
  const auto stream = services_->member.ExportMember(&context, request);
  v1::ExportMemberResponse part;
  while (stream->Read(&part)) {
    if (visit(part) == Visit::kContinue) continue;
    context.TryCancel();
    static_cast<void>(stream->Finish());
    return absl::OkStatus();
  }
  return FromWire(stream->Finish());
}

}  // namespace pistis
