// EventService: streams that never block a thread.
#ifndef PISTIS_SERVER_EVENT_SERVICE_H_
#define PISTIS_SERVER_EVENT_SERVICE_H_

#include <atomic>

#include "pistis/v1/event_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"

namespace pistis::server {

class EventService final : public MethodTable<v1::EventService> {
 public:
  // The room outlives the service.
  explicit EventService(const EngineRoom& room);

 private:
  std::atomic<int> streams_{0};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EVENT_SERVICE_H_
