// Events as sinks write them.
#ifndef PISTIS_SERVER_SINKS_EVENT_JSON_H_
#define PISTIS_SERVER_SINKS_EVENT_JSON_H_

#include <string>

#include "pistis/v1/event_service.pb.h"

namespace pistis::server {

// The event as protobuf JSON with the names of the proto files, on one line:
// what the schemas of proto/events describe.
[[nodiscard]] std::string EventJson(const v1::Event& event);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_SINKS_EVENT_JSON_H_
