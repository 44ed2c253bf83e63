#include "server/member_service.h"

#include "engine/operations/members.h"
#include "engine/operations/queries.h"
#include "server/unary.h"

namespace pistis::server {

grpc::ServerUnaryReactor* MemberService::CreateMember(
    grpc::CallbackServerContext* context,
    const v1::CreateMemberRequest* request, v1::Member* reply) {
  const UnaryCall<v1::Member> call(context, reply);
  Submit(room_, call, ParseCreateMember(*request, room_.clock.Now()),
         &pistis::CreateMember);
  return call.reactor;
}

grpc::ServerUnaryReactor* MemberService::GetMember(
    grpc::CallbackServerContext* context, const v1::GetMemberRequest* request,
    v1::Member* reply) {
  return Answer(room_, context, request, reply, &pistis::GetMember);
}

grpc::ServerUnaryReactor* MemberService::LookupMember(
    grpc::CallbackServerContext* context,
    const v1::LookupMemberRequest* request, v1::Member* reply) {
  return Answer(room_, context, request, reply, &pistis::LookupMember);
}

}  // namespace pistis::server
