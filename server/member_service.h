// MemberService: who is enrolled.
#ifndef PISTIS_SERVER_MEMBER_SERVICE_H_
#define PISTIS_SERVER_MEMBER_SERVICE_H_

#include "absl/time/time.h"

#include "pistis/v1/member_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"
#include "server/stream_places.h"

namespace pistis::server {

class MemberService final : public MethodTable<v1::MemberService> {
 public:
  // The room outlives the service. An export is ended where a part of it takes
  // longer than `patience` to be read: so that it does not keep others out for
  // good.
  explicit MemberService(const EngineRoom& room,
                         absl::Duration patience = absl::Minutes(1));

 private:
  StreamPlaces exports_{{.in_all = 4,
                         .of_a_caller = 1,
                         .of_a_program = 2,
                         .kept = 2,
                         .kept_for_a_program = 1}};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_MEMBER_SERVICE_H_
