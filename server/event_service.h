// EventService: streams that never block a thread.
#ifndef PISTIS_SERVER_EVENT_SERVICE_H_
#define PISTIS_SERVER_EVENT_SERVICE_H_

#include <atomic>

#include "pistis/v1/event_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"
#include "server/sinks/open_sink.h"

namespace pistis::server {

class EventService final : public MethodTable<v1::EventService> {
 public:
  // The room outlives the service.
  EventService(const EngineRoom& room, const SinkOptions& sinks);

 private:
  // Refuses sinks that this server does not serve.
  UnaryMethod Creates(const EngineRoom& room) const;

  const SinkOptions sinks_;
  std::atomic<int> streams_{0};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EVENT_SERVICE_H_
