// MemberService: who is enrolled.
#ifndef PISTIS_SERVER_MEMBER_SERVICE_H_
#define PISTIS_SERVER_MEMBER_SERVICE_H_

#include <atomic>

#include "pistis/v1/member_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class MemberService final : public MethodTable<v1::MemberService> {
 public:
  // The room outlives the service.
  explicit MemberService(const EngineRoom& room);

 private:
  std::atomic<int> exports_{0};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_MEMBER_SERVICE_H_
