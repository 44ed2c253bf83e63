// InsightService: sums over a program.
#ifndef PISTIS_SERVER_INSIGHT_SERVICE_H_
#define PISTIS_SERVER_INSIGHT_SERVICE_H_

#include "pistis/v1/insight_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class InsightService final : public MethodTable<v1::InsightService> {
 public:
  // The room outlives the service.
  explicit InsightService(const EngineRoom& room);
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_INSIGHT_SERVICE_H_
