// EventService: streams that never block a thread.
#ifndef PISTIS_SERVER_EVENT_SERVICE_H_
#define PISTIS_SERVER_EVENT_SERVICE_H_

#include <atomic>

#include "pistis/v1/event_service.grpc.pb.h"

#include "server/engine_room.h"

namespace pistis::server {

class EventService final : public v1::EventService::CallbackService {
 public:
  explicit EventService(const EngineRoom& room) : room_(room) {}

  // Refused with OVERLOADED where too many streams are open.
  grpc::ServerWriteReactor<v1::Event>* StreamEvents(
      grpc::CallbackServerContext* context,
      const v1::StreamEventsRequest* request) override;

 private:
  const EngineRoom& room_;
  std::atomic<int> streams_{0};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EVENT_SERVICE_H_
