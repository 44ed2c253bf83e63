// CareService: complaints and what comes of them.
#ifndef PISTIS_SERVER_CARE_SERVICE_H_
#define PISTIS_SERVER_CARE_SERVICE_H_

#include "pistis/v1/care_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class CareService final : public MethodTable<v1::CareService> {
 public:
  // The room outlives the service.
  explicit CareService(const EngineRoom& room);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_CARE_SERVICE_H_
