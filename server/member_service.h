// MemberService: shape, hand over, reply.
#ifndef PISTIS_SERVER_MEMBER_SERVICE_H_
#define PISTIS_SERVER_MEMBER_SERVICE_H_

#include "pistis/v1/member_service.grpc.pb.h"

#include "server/engine_room.h"

namespace pistis::server {

class MemberService final : public v1::MemberService::CallbackService {
 public:
  explicit MemberService(const EngineRoom& room) : room_(room) {}

  grpc::ServerUnaryReactor* CreateMember(grpc::CallbackServerContext* context,
                                         const v1::CreateMemberRequest* request,
                                         v1::Member* reply) override;
  grpc::ServerUnaryReactor* GetMember(grpc::CallbackServerContext* context,
                                      const v1::GetMemberRequest* request,
                                      v1::Member* reply) override;
  grpc::ServerUnaryReactor* LookupMember(grpc::CallbackServerContext* context,
                                         const v1::LookupMemberRequest* request,
                                         v1::Member* reply) override;

 private:
  const EngineRoom& room_;
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_MEMBER_SERVICE_H_
