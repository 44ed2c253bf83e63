// EventService: streams that never block a thread.
#ifndef PISTIS_SERVER_EVENT_SERVICE_H_
#define PISTIS_SERVER_EVENT_SERVICE_H_

#include "absl/time/time.h"

#include "pistis/v1/event_service.grpc.pb.h"

#include "server/engine_room.h"
#include "server/methods.h"
#include "server/sinks/open_sink.h"
#include "server/stream_places.h"

namespace pistis::server {

class EventService final : public MethodTable<v1::EventService> {
 public:
  // The room outlives the service. A stream is ended where an event takes
  // longer than `patience` to be read: so that its place is free again.
  EventService(const EngineRoom& room, const SinkOptions& sinks,
               absl::Duration patience = absl::Minutes(1));

 private:
  // A command on a subscription; refuses sinks that this server does not serve.
  template <typename Request, typename Input>
  UnaryMethod WritesAllowed(const EngineRoom& room,
                            absl::StatusOr<Input> (*parse)(const Request&,
                                                           absl::Time),
                            Operation<Input, v1::Subscription> operation) const;

  const SinkOptions sinks_;
  StreamPlaces places_{{.in_all = 256,
                        .of_a_caller = 16,
                        .of_a_program = 64,
                        .kept = 64,
                        .kept_for_a_program = 4}};
};

}  // namespace pistis::server

#endif  // PISTIS_SERVER_EVENT_SERVICE_H_
